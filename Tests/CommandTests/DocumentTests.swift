import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// What all JSON documents have in common. `Tests/Schemas` validates each against its schema.
struct DocumentTests {
  private let folder: TemporaryFolder
  private let digits = Fixture("torch/digits-standard").file("checkpoint.pth")

  init() throws {
    folder = try TemporaryFolder()
  }

  private func expectVersion(_ json: JSON?) {
    #expect(json?.members?.first == JSON.Member("version", 1))
  }

  @Test(arguments: [
    ["models"], ["info", "DIGITS"], ["info", "DIGITS", "--values", "bn1.weight"],
    ["verify", "DIGITS", "DIGITS"], ["check", "missing"], ["models", "--no-such-option"],
    ["verify", "DIGITS"],
  ])
  func aDocumentBeginsWithTheVersion(arguments: [String]) throws {
    let command = try Command(arguments.map { $0 == "DIGITS" ? digits : $0 } + ["--json"])
    expectVersion(try JSON(parsing: command.output))
  }

  @Test func soDoLinesOfResultsTheirDocumentsAndTheSummary() throws {
    let results = folder.file("results.jsonl")
    let command = try Command("check", digits, "missing", "--results", results, "--json")
    expectVersion(try JSON(parsing: command.output))
    let lines = try String(contentsOfFile: results, encoding: .utf8).split(separator: "\n")
      .map { try JSON(parsing: String($0)) }
    #expect(lines.count == 2)
    lines.forEach { expectVersion($0) }
    expectVersion(lines.compactMap { $0["result"] }.first)
    let printed = try Command("check", digits, digits, "--json").output
    for line in printed.split(separator: "\n") { expectVersion(try JSON(parsing: String(line))) }
  }

  /// They are parts of documents, and a certificate holds one of them.
  @Test func whatStandsInADocumentHasNoVersionOfItsOwn() throws {
    let certificate = folder.file("proof.json")
    let command = try Command(
      "convert", digits, folder.file("out.h5"), "--verify", "--certificate", certificate, "--json")
    let verification = try JSON(parsing: command.output)["verification"]
    #expect(verification?["equal"] == true && verification?["version"] == nil)
    let document = try JSON(parsing: String(contentsOfFile: certificate, encoding: .utf8))
    #expect(document["certificate"] == 1 && document["result"]?["version"] == nil)
  }
}
