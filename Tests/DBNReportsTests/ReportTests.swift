import DBNBatchNorm
import DBNComparison
import DBNExecution
import DBNModels
import DBNTensors
import DBNTestSupport
import DBNVerification
import Foundation
import Testing

@testable import DBNReports

/// Pages that show results.
struct ReportTests {
  private let name = "<script>alert('&\"')</script>"

  private func drifting(_ name: String = "bn", devices: Int = 2) -> ReplicaLayer {
    ReplicaLayer(
      name: name, layout: "replicated",
      ReplicaStatistics(
        means: (0..<devices).map { [Double($0), 0] },
        variances: (0..<devices).map { _ in [1, 4] }))
  }

  private func verification(_ factor: Double) throws -> VerificationResult {
    let a = try StateDict.batchNorm(means: [[0.5, -3]], variances: [[2, 0.125]])
    var b = a
    b["bn.weight"] = try .float32([factor, 1.125])
    return try BatchNormVerification().compare(a, b)
  }

  private func count(_ part: String, in html: String) -> Int {
    html.components(separatedBy: part).count - 1
  }

  /// A name can come from a file: it must stay a name.
  @Test func namesAreEscapedEverywhere() throws {
    let evaluated = try evaluation([[1, 2]], [1])
    let pages = [
      Report(driftOf: name, [drifting(name)], summary: [(name, name)]),
      Report(driftOf: name, [], summary: [(name, name)]),
      Report(try verification(2), a: name, b: name),
      Report([(name, evaluated)], summary: [(name, name)], listsClasses: true),
    ]
    for page in pages {
      let html = page.html
      #expect(!html.contains("<script") && !html.contains("alert('"))
      #expect(html.contains("&lt;script&gt;alert(&#39;&amp;&quot;&#39;)&lt;/script&gt;"))
      #expect(html.contains("default-src 'none'"))
    }
  }

  /// With an accent, a quotation mark is another `Character`, but to a browser still the mark.
  @Test func marksWithAnAccentAreEscaped() throws {
    let html = Report(driftOf: "x", [drifting("\"\u{301} <\u{301}")], summary: []).html
    #expect(html.contains("&quot;\u{301} &lt;\u{301}"))
  }

  @Test func controlCharactersAreShown() throws {
    let html = Report(driftOf: "x", [drifting("a\u{1B}[2Jb\u{202E}")], summary: []).html
    #expect(!html.contains("\u{1B}") && !html.contains("\u{202E}"))
    #expect(html.contains("a\\u{1b}[2Jb"))
  }

  @Test func aPageHasAllOfItselfInOneFile() throws {
    let html = Report(try verification(2), a: "a", b: "b").html
    for reference in ["http:", "https:", "src=", "url(", "@import", "<link"] {
      #expect(!html.contains(reference), "\(reference)")
    }
    #expect(count("href=", in: html) == count("href=\"#", in: html))
    #expect(html.hasSuffix("</html>\n"))
  }

  @Test func equalityIsSaidAndZerosAreRings() throws {
    let equal = Report(try verification(1), a: "a", b: "b").html
    #expect(equal.contains("verdict good\">Equal, bit-identical<"))
    #expect(count("<circle class=\"zero\"", in: equal) == 1)
    #expect(count("<rect class=\"first\"", in: equal) == 0)
    let different = Report(try verification(2), a: "a", b: "b").html
    #expect(different.contains("verdict bad\">Different<"))
    #expect(count("<circle class=\"zero\"", in: different) == 0)
    #expect(count("<rect class=\"first\"", in: different) == 1)
  }

  @Test func everyNumberOfThePictureIsInTheTable() throws {
    let result = try verification(2)
    let html = Report(result, a: "a", b: "b").html
    for layer in result.layers {
      #expect(html.contains("<td>\(layer.outputs.maxAbsolute.digits)</td>"))
      #expect(html.contains("data-value=\"\(layer.outputs.maxAbsolute)\""))
    }
  }

  /// Means 0 and 1, variances 1: pooled 1.25, of which 1 is 0.8.
  @Test func mergingIsShownInUnitsOfThePooledVariance() throws {
    let layer = drifting()
    #expect(layer.relativeVariances == [0.9, 0.9])
    #expect(layer.relativeVariance(mergedBy: .mean) == 0.9)
    #expect(layer.relativeVariance(mergedBy: .pooled) == 1)
    #expect(abs(layer.meanShift(mergedBy: .first) - 0.5 / 1.25.squareRoot()) < 1e-15)
    #expect(layer.meanShift(mergedBy: .mean) == 0)
    let html = Report(driftOf: "x", [layer], summary: []).html
    #expect(
      count("<svg class=\"mark\" x=", in: html) == 3 && count("<rect class=\"heat\"", in: html) == 8
    )
  }

  @Test func manyDevicesShareCells() throws {
    let html = Report(driftOf: "x", [drifting(devices: 200)], summary: []).html
    // Four to a cell, in two maps; the table has every one. Two more maps have a cell for each of
    // the two channels.
    #expect(count("<rect class=\"heat\"", in: html) == 2 * 50 + 2 * 2)
    #expect(html.contains("A cell stands for 4 devices") && html.contains("device 199"))
    #expect(html.contains("device 196 to 199"))
  }

  @Test func whatIsNotFiniteIsMarked() throws {
    let broken = ReplicaLayer(
      name: "bn", layout: "replicated",
      ReplicaStatistics(means: [[.nan], [1]], variances: [[1], [.infinity]]))
    let html = Report(driftOf: "x", [broken], summary: []).html
    #expect(count("class=\"undefined\"", in: html) > 0 && html.contains("not all positive, finite"))
    #expect(!html.contains("x=\"nan%\"") && !html.contains("width=\"nan%\""))
    #expect(!html.contains("inf%"))
  }

  @Test func aStandardCheckpointHasNothingToMerge() throws {
    let html = Report(driftOf: "x", [drifting(devices: 1)], summary: []).html
    #expect(html.contains("No BatchNorm has statistics of several devices"))
    #expect(count("<figure>", in: html) == 0)
  }

  @Test func barsAreAsLongAsAccuracies() throws {
    let result = try evaluation([[1, 2], [1, 2], [1, 2], [2, 1]], [1, 1, 0, 0])
    let html = Report([("a.h5", result)], summary: [], listsClasses: true).html
    #expect(html.contains("width=\"75%\" height=\"9\" rx=\"4.5\" data-value=\"0.75\""))
    #expect(html.contains("Accuracy 75 % (3 of 4)"))
    #expect(html.contains("class 0") && html.contains("class 1"))
  }

  @Test func ofManyClassesTheLeastAccurateAreDrawn() throws {
    let outputs = (0..<150).map { sample in (0..<150).map { $0 == sample ? 1.0 : 0 } }
    // The last three are wrong.
    let result = try evaluation(outputs, (0..<150).map { $0 < 147 ? $0 : 0 })
    let html = Report([("a.h5", result)], summary: [], listsClasses: true).html
    #expect(html.contains("of the 100 least accurate of 147 classes"))
    #expect(count("<title>class ", in: html) == 100 && html.contains(">class 0<"))
    #expect(count("<th scope=\"row\">146</th>", in: html) == 2)
  }

  @Test func theSameResultGivesTheSameBytesInAFile() throws {
    let folder = try TemporaryFolder()
    let report = Report(try verification(2), a: "a", b: "b")
    try report.write(to: folder.file("a.html"))
    try report.write(to: folder.file("b.html"))
    let files = try ["a.html", "b.html"].map {
      try Data(contentsOf: URL(filePath: folder.file($0)))
    }
    let html = report.html
    #expect(files[0] == files[1] && String(decoding: files[0], as: UTF8.self) == html)
    #expect(folder.contents == ["a.html", "b.html"])
  }

  private func evaluation(_ outputs: [[Double]], _ labels: [Int]) throws -> Evaluation.Result {
    var file = StateDict()
    file["x"] = try .float32(outputs.flatMap(\.self), [outputs.count, outputs[0].count])
    file["y"] = try Tensor(labels, shape: [labels.count])
    let graph = Graph(
      name: "identity", inputs: [.init("x", shape: [nil, nil])],
      nodes: [.init("same", .identity, [.value("x")])], outputs: ["same"], parameters: [])
    return try Evaluation(graph).run([StateDict()], on: SampleData(file, labelled: true))[0]
  }
}
