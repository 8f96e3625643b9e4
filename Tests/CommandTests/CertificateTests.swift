import DBNCheckpoints
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// Certificates of `verify` and of conversions, and what `check` says of them.
struct CertificateTests {
  private let folder: TemporaryFolder
  private let digits = Fixture("torch/digits-standard").file("checkpoint.pth")
  private let drifted = Fixture("torch/digits-replicated").file("checkpoint.pth")
  private let keras = Fixture("keras-layers/net").file("weights.h5")
  private var certificate: String { folder.file("proof.json") }

  init() throws {
    folder = try TemporaryFolder()
  }

  private func document() throws -> JSON {
    try JSON(parsing: String(contentsOfFile: certificate, encoding: .utf8))
  }

  private func check() throws -> (status: Int32, json: JSON, text: String) {
    let text = try Command("check", "--certificate", certificate)
    let json = try Command("check", "--certificate", certificate, "--json")
    #expect(text.status == json.status)
    return (text.status, try JSON(parsing: json.output), text.output)
  }

  private func expectThatItHolds() throws {
    let (status, json, text) = try check()
    #expect(status == 0 && json["holds"] == true, "\(text)")
    #expect(text.contains("unchanged, and the comparison finds the same"))
  }

  @Test(arguments: [
    [], ["--mode", "train"], ["--model", Fixture("torch/digits-shards").file("model.pt2")],
    ["--batch", "24", "--atol", "1e-6"],
  ])
  func aComparisonIsCertifiedAndFoundAgain(options: [String]) throws {
    let made = try Command(["verify", digits, drifted, "--certificate", certificate] + options)
    #expect(made.status == 1, "\(made.error)")
    let document = try document()
    #expect(document["certificate"] == 1 && document["result"]?["equal"] == false)
    #expect(document["arguments"]?.array?.first == "verify")
    #expect(document["result"]?["seed"] == 2026 && document["result"]?["engine"] == "reference")
    let files = try #require(document["files"]?.array)
    #expect(
      files.map { $0["path"] }
        == ([digits, drifted] + options.filter { $0.hasSuffix(".pt2") })
        .map { .string($0) })
    try expectThatItHolds()
  }

  @Test(arguments: [
    ["convert", "{in}", "{out}.safetensors"],
    ["convert", "{in}", "{out}.h5", "--cast", "bfloat16"],
    ["convert", "{keras}", "{out}.pth", "--rename", "keras"],
    ["to-distributed", "{in}", "{out}.h5", "--world-size", "4", "--layout", "ghost"],
    ["to-standard", "{drifted}", "{out}.pth", "--statistics", "pooled"],
  ])
  func aProvenConversionIsCertifiedAndProvenAgain(arguments: [String]) throws {
    let names = [
      "{in}": digits, "{keras}": keras, "{drifted}": drifted, "{out}": folder.file("out"),
    ]
    let command = arguments.map { argument in
      names.reduce(argument) { $0.replacingOccurrences(of: $1.key, with: $1.value) }
    }
    let made = try Command(command + ["--verify", "--certificate", certificate])
    #expect(made.status == 0, "\(made.error)")
    try expectThatItHolds()
    // The output is certified under its own name, with the checksum that it has there.
    let output = try #require(document()["files"]?.array?.last)
    #expect(output["path"] == .string(command[2]))
    let bytes = try Data(contentsOf: URL(fileURLWithPath: command[2]))
    #expect(output["bytes"] == .int(bytes.count))
  }

  @Test func anotherNumberInTheOutputIsFound() throws {
    let output = folder.file("out.pth")
    _ = try Command(
      "to-distributed", digits, output, "--world-size", "2", "--verify", "--certificate",
      certificate)
    try expectThatItHolds()
    let changed = try Checkpoint.open(output)
    let (entry, found) = try changed.findStateDict()
    var stateDict = found
    stateDict["bn1.running_mean"] = try Tensor(
      rounding: #require(found["bn1.running_mean"]).doubles().map { $0 + 1 }, to: .float32,
      shape: #require(found["bn1.running_mean"]).shape)
    try changed.replacingStateDict(at: entry, with: stateDict)
      .write(to: output, options: WritingOptions(existing: .replace))
    let (status, json, text) = try check()
    #expect(status == 1 && json["holds"] == false)
    #expect(json["changed"]?.array?.count == 1 && text.contains("\(output) has other bytes"))
    #expect(json["failure"]?.string?.contains("bn1") == true && !text.contains("not written"))
  }

  /// The same numbers in other bytes: only the checksums differ.
  @Test func otherBytesWithTheSameNumbersAreFound() throws {
    let copy = folder.file("copy.h5")
    _ = try Command("convert", digits, copy)
    let made = try Command("verify", digits, copy, "--certificate", certificate)
    #expect(made.status == 0)
    _ = try Command("convert", digits, copy, "--compress", "gzip", "--force")
    let (status, json, _) = try check()
    #expect(status == 1 && json["changed"]?.array?.count == 1)
    #expect(json["differences"] == [] && json["failure"] == .null)
  }

  @Test(arguments: [
    (#""max_ulp": 0"#, #""max_ulp": 1"#, "max_ulp"),
    (#""equal": true"#, #""equal": false"#, "equal"),
    (#""seed": 2026"#, #""seed": 7"#, "seed"), (#""a_sha256": ""#, #""a_sha256": "0"#, "checksums"),
  ])
  func anotherFigureIsFound(figure: String, other: String, name: String) throws {
    _ = try Command("verify", digits, digits, "--certificate", certificate)
    try expectThatItHolds()
    let text = try String(contentsOfFile: certificate, encoding: .utf8)
    #expect(text.contains(figure))
    try text.replacingOccurrences(of: figure, with: other)
      .write(toFile: certificate, atomically: true, encoding: .utf8)
    let (status, json, _) = try check()
    #expect(status == 1 && json["changed"] == [])
    #expect(json["differences"]?.array?.contains(.string(name)) == true)
  }

  @Test(arguments: [
    "[]", "{}", #"{"certificate": 2}"#, #"{"certificate": 1, "by": "x"}"#,
    #"{"certificate": 1, "by": "x", "arguments": ["info", "x"], "files": [], "result": {}, "compared": []}"#,
    #"{"certificate": 1, "by": "x", "arguments": ["--help"], "files": [], "result": {}, "compared": []}"#,
    #"{"certificate": 1, "by": "x", "arguments": ["convert", "x", "y.h5"], "files": [], "result": {}, "compared": []}"#,
  ])
  func whatIsNoCertificateIsRefused(text: String) throws {
    try text.write(toFile: certificate, atomically: true, encoding: .utf8)
    let command = try Command("check", "--certificate", certificate)
    #expect(command.status == 2 && command.output.isEmpty, "\(command.output)")
    #expect(command.error.contains("proof.json"), "\(command.error)")
  }

  /// No certificate without its file, and no file without its certificate.
  @Test func itAppearsTogetherWithTheOutputOrNotAtAll() throws {
    let output = folder.file("out.h5")
    let conversion = ["to-distributed", digits, output, "--world-size", "2"]
    let proof = ["--verify", "--certificate", certificate]
    #expect(try Command(after: "exec >/dev/full", conversion + proof).status == 2)
    #expect(folder.contents.isEmpty)
    try "old".write(toFile: certificate, atomically: true, encoding: .utf8)
    let refused = try Command(conversion + proof + ["--force"])
    #expect(refused.status == 2 && refused.error.contains("certificates are never replaced"))
    #expect(folder.contents == ["proof.json"])
    #expect(try String(contentsOfFile: certificate, encoding: .utf8) == "old")
    #expect(try Command(conversion + ["--certificate", certificate]).status == 64)
    #expect(try Command("check").status == 64)
    #expect(try Command("check", digits, "--certificate", certificate).status == 64)
  }
}
