import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// Files of jobs whose lines were damaged at random: each line is a job or an error, and no line
/// spoils another.
struct DamagedJobTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private let digits = Fixture("torch/digits-standard").file("checkpoint.pth")

  private func damaged(_ line: String, _ generator: inout SeededGenerator) -> [UInt8] {
    var bytes = Array(line.utf8)
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
      let place = Int.random(in: 0..<bytes.count, using: &generator)
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: bytes[place] = .random(in: 0...255, using: &generator)
      case 1: bytes.removeSubrange(place..<min(place + 6, bytes.count - 1))
      case 2: bytes.insert(#"{}[]",:0e-\"#.utf8.randomElement(using: &generator) ?? 0, at: place)
      default: bytes.insert(contentsOf: bytes[place...], at: place)
      }
    }
    return bytes.map { $0 == 0x0A ? 0x20 : $0 }
  }

  /// 300 damaged copies of a line, and the line.
  private func file(_ line: String, _ generator: inout SeededGenerator) throws -> String {
    let lines = (0..<300).map { _ in damaged(line, &generator) } + [Array(line.utf8)]
    return try folder.write(Array(lines.joined(separator: [0x0A])) + [0x0A], to: "jobs.jsonl")
  }

  private func lines(_ text: String) throws -> [JSON] {
    try text.split(separator: "\n").map { try JSON(parsing: String($0)) }
  }

  @Test func eachLineOfAManifestHasAnOutcome() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SeededGenerator(seed)
    let jobs = try file(#"{"input": "\#(digits)", "raise_limits": 2}"#, &generator)
    let all = try Command("check", "--manifest", jobs, "--json")
    #expect(all.status == 2 && !all.error.contains("Fatal"), "seed \(seed): \(all.error)")
    let found = try lines(all.output)
    #expect(Set(found.compactMap { $0["line"]?.int }) == Set(1...301), "seed \(seed)")
    #expect(
      found.contains { $0["line"]?.int == 301 && $0["status"]?.string != "failed" }, "seed \(seed)")
  }

  /// A line of results that can't be read is as if it were not there.
  @Test func damagedResultsStopNoJob() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SeededGenerator(seed)
    let run = { (results: String) in try Command("check", digits, "--results", results) }
    #expect(try run(folder.file("first.jsonl")).status == 0)
    let first = try String(contentsOfFile: folder.file("first.jsonl"), encoding: .utf8)
    let results = try file(String(first.dropLast()), &generator)
    let again = try run(results)
    #expect(again.status == 0 && again.error == "", "seed \(seed): \(again.error)")
    #expect(again.output == "1 job: 1 skipped\n", "seed \(seed): \(again.output)")
  }
}
