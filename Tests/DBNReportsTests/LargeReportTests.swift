import DBNBatchNorm
import DBNComparison
import DBNErrors
import DBNTensors
import DBNTestSupport
import DBNVerification
import Foundation
import Testing

@testable import DBNReports

/// Pages about many layers: what is worst, the way to it, and where the files come from.
struct LargeReportTests {
  private func count(_ part: String, in html: String) -> Int {
    html.components(separatedBy: part).count - 1
  }

  /// BatchNorms of which each has another weight in the second state dict.
  private func verification(
    _ count: Int, tolerance: NumberComparison.Tolerance = .init()
  ) throws -> VerificationResult {
    var (a, b) = (StateDict(), StateDict())
    for index in 0..<count {
      let layer = try StateDict.batchNorm(means: [[0.5, -3]], variances: [[2, 0.125]])
      for tensor in layer.tensors {
        let name = tensor.name.replacing("bn.", with: "layer\(index).")
        a[name] = tensor.tensor
        b[name] = tensor.tensor
      }
      b["layer\(index).weight"] = try .float32([1 + Double(index) / 1000, 1.125])
    }
    var verification = BatchNormVerification()
    verification.tolerance = tolerance
    return try verification.compare(a, b)
  }

  @Test func theTenWorstComeFirstAndLeadToTheirPlaces() throws {
    let html = Report(try verification(161), a: "a", b: "b").html
    let parts = html.components(separatedBy: "<section>")
    #expect(parts[1].contains("The 10 worst layers"))
    #expect(count("<a href=\"#layer-", in: parts[1]) == 10)
    for link in parts[1].matches(of: /href="#(layer-\d+)"/) {
      #expect(count("id=\"\(link.output.1)\"", in: html) == 1)
    }
    #expect(html.utf8.count < 1_000_000)
  }

  @Test func theFirstDivergenceIsALink() throws {
    let html = Report(try verification(3), a: "a", b: "b").html
    #expect(html.contains("<b><a href=\"#layer-1\">layer1</a></b><span>first divergence</span>"))
    #expect(html.contains("id=\"layer-1\""))
  }

  @Test func errorsAreShownInUnitsOfTheToleranceIfThereIsOne() throws {
    let html = Report(
      try verification(20, tolerance: .init(absolute: 0.02, relative: 0.01)), a: "a", b: "b"
    ).html
    #expect(count("<line class=\"limit\"", in: html) == 1 && html.contains("Error and tolerance"))
    #expect(html.contains("|a - b| ≤ 0.02 + 0.01 · |b|"))
    let exact = Report(try verification(20), a: "a", b: "b").html
    #expect(!exact.contains("<line class=\"limit\"") && exact.contains("none: every bit"))
  }

  @Test func inputsAreNamed() throws {
    let html = Report(try verification(1), a: "a", b: "b").html
    #expect(html.contains("drawn from its own statistics, random numbers of the seed 2026"))
  }

  @Test func aDriftIsFoundByDeviceAndChannel() throws {
    let layers = (0..<53).map { index in
      ReplicaLayer(
        name: "bn\(index)", layout: "replicated",
        ReplicaStatistics(
          means: (0..<8).map { device in
            (0..<2048).map { device == 5 && $0 == 700 ? Double(index) : 0 }
          }, variances: Array(repeating: Array(repeating: 1, count: 2048), count: 8)))
    }
    let html = Report(driftOf: "x", layers, summary: []).html
    let worst = html.components(separatedBy: "<section>")[1]
    #expect(worst.contains("<a href=\"#batch-norm-52\">bn52</a>"))
    #expect(count("<td>5</td><td>700</td>", in: worst) == 10)
    // Channels 672 to 703 share a cell.
    #expect(html.contains("bn52, channel 672 to 703: "))
    #expect(html.utf8.count < 1_000_000)
  }

  @Test func filesHaveTheirSizeChecksumMergeRuleAndHistory() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.bin")
    try Data("123456789".utf8).write(to: URL(filePath: path))
    let history: [JSON] = [
      [
        "operation": "to-standard", "statistics": "pooled", "world_sizes": [8],
        "drift": ["mean": .double(0.769551915), "variance": .double(1.5)],
        "source": ["file": "trained.pth"], "by": "dbn-convert 0.2.0",
      ]
    ]
    let file = try ReportedFile(path, history: history)
    let html = Report(driftOf: file, [], summary: []).html
    // The check value of CRC-32.
    #expect(
      html.contains("<td>checkpoint</td><td>9</td><td>cbf43926</td><td>pooled</td>"))
    #expect(
      html.contains(
        "to-standard of trained.pth: statistics pooled, world_sizes 8, drift (mean 0.769552, "
          + "variance 1.5), by dbn-convert 0.2.0"))
  }

  /// A folder has no checksum, which is no error; a file that can't be read is.
  @Test func aFileThatCannotBeReadIsAnError() throws {
    let folder = try TemporaryFolder()
    let html = Report(driftOf: try ReportedFile(folder.file("")), [], summary: []).html
    #expect(html.contains("<td>checkpoint</td><td>-</td><td>-</td>"))
    #expect(throws: CheckpointError.self) { try ReportedFile(folder.file("missing")) }
  }

  @Test func ofALongHistoryTheEndIsShown() throws {
    let folder = try TemporaryFolder()
    let history = (0..<1000).map { JSON.object([.init("operation", .string("step \($0)"))]) }
    let html = Report(
      driftOf: try ReportedFile(folder.file(""), history: history), [], summary: []
    ).html
    #expect(html.contains("980 earlier conversions") && html.contains(">step 999<"))
    #expect(!html.contains(">step 979<"))
  }

  @Test func theCommandIsShownOnce() throws {
    var report = Report(try verification(1), a: "a", b: "b")
    report.command = "an older command"
    report.command = "dbn-convert verify 'a <b>' c"
    let html = report.html
    #expect(html.contains("dbn-convert verify &#39;a &lt;b&gt;&#39; c") && !html.contains("older"))
    #expect(count("<dt>Command</dt>", in: html) == 1)
  }
}
