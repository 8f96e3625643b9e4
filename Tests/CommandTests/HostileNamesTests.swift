import DBNCheckpoints
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// Nothing that a file holds reaches a terminal, a page or JSON as it is, unless it can be seen.
struct HostileNamesTests {
  private let folder: TemporaryFolder
  private let digits = Fixture("torch/digits-standard").file("checkpoint.pth")
  private let model = Fixture("torch/digits-shards").file("model.pt2")
  private let samples = Fixture("torch/digits-shards").file("test.npz")

  init() throws {
    folder = try TemporaryFolder()
  }

  /// Written out, so that it is not the rule that the command has.
  private static let unseen: [ClosedRange<UInt32>] = [
    0x00...0x09, 0x0B...0x1F, 0x7F...0x9F, 0xAD...0xAD, 0x61C...0x61C, 0x200B...0x200F,
    0x2028...0x202E, 0x2060...0x206F, 0x3164...0x3164, 0xFEFF...0xFEFF, 0xE0000...0xE007F,
  ]

  private func expectVisible(_ text: String, _ arguments: [String]) {
    let found = text.unicodeScalars.filter { scalar in
      Self.unseen.contains { $0.contains(scalar.value) }
    }
    #expect(found.isEmpty, "\(found.map { String($0.value, radix: 16) }) of \(arguments)")
    #expect(!text.split(separator: "\n").contains { $0.hasPrefix("FORGED") }, "\(arguments)")
  }

  @discardableResult
  private func run(_ arguments: String...) throws -> Command {
    let command = try Command(arguments)
    expectVisible(command.output, arguments)
    expectVisible(command.error, arguments)
    #expect(command.status >= 0 && command.status <= 2, "\(arguments): \(command.error)")
    let isDocument = arguments.contains("--json") && !arguments.contains("--manifest")
    if isDocument, !command.output.isEmpty {
      #expect(throws: Never.self) { try JSON(parsing: command.output) }
    }
    return command
  }

  private func expectVisiblePage(_ name: String) throws {
    let page = try String(contentsOfFile: folder.file(name), encoding: .utf8)
    expectVisible(page, [name])
    #expect(page.contains("é漢字") && !page.contains("<script"))
  }

  @Test(arguments: HostileFile.allCases)
  func noCommandThatReadsAFilePrintsWhatCannotBeSeen(file: HostileFile) throws {
    let path = try file.write(to: folder)
    for option in ["--json", "--stats", "--strict"] { try run("info", path, option) }
    try run("check", path)
    try run("check", path, "--json")
    try run("convert", path, folder.file("a.h5"), "--lossy")
    try run("convert", path, folder.file("a.npz"), "--lossy", "--json")
    try run("salvage", path, folder.file("b.safetensors"))
    try run("diff", path, digits)
    try run("diff", digits, path, "--json")
    try run("verify", path, digits, "--layers")
    try run("info", path, "--values", HostileFile.name)
    try run("info", path, "--entry", HostileFile.name, "--keys", HostileFile.name)
  }

  @Test func noCommandThatMapsOrRunsPrintsWhatCannotBeSeen() throws {
    let path = try HostileFile.checkpoint.write(to: folder)
    let (there, rest) = (folder.file("there.pth"), ["--lossy", "--force"])
    func out(_ name: String) -> String { folder.file(name) }
    #expect(
      try run("to-distributed", path, there, "--world-size", "2", "--verify", rest[0]).status == 0)
    try run("to-distributed", path, out("a.h5"), "--world-size", "2", "--json")
    try run("to-standard", there, out("back.pth"), "--verify", "--lossy")
    try run("to-standard", there, out("c.pth"), "--include", HostileFile.name, "--lossy")
    try run("verify", there, out("back.pth"), "--layers", "--report", out("v.html"))
    try run("verify", path, there, "--model", model)
    #expect(try run("scatter", there, out("rank%d.pth"), "--lossy").status == 0)
    try run("gather", out("rank0.pth"), out("rank1.pth"), "--output", out("g.h5"), "--lossy")
    try run("gather", out("rank0.pth"), path, "--output", out("h.h5"))
    try run("run", path, "--input", path, "--output", out("y.h5"))
    try run("run", model, "--weights", path, "--input", samples, "--output", out("y.h5"))
    try run("eval", model, "--weights", path, "--data", samples)
    try run("eval", model, "--data", path)
    try run("recalibrate", model, "--weights", path, "--data", samples, "--output", out("r.pth"))
    try run("info", path, "--report", out("i.html"))
    for page in ["v.html", "i.html"] { try expectVisiblePage(page) }
  }

  @Test func fileNamesAndTextsOfOtherFilesAreEscapedToo() throws {
    let name = HostileFile.name
    let path = folder.file("\(name).pth")
    try FileManager.default.copyItem(atPath: digits, toPath: path)
    let text = Array(JSON.object([.init("name", .string(name)), .init(name, .null)]).text().utf8)
    let json = try folder.write(text, to: "\(name).json")
    try run("info", path)
    try run("check", path, "--json")
    try run("convert", path, folder.file("\(name).h5"))
    try run("convert", path, folder.file("\(name).h5"))
    try run("info", path, "--layout-file", json)
    try run("check", "--certificate", json)
    try run("info", json)
    try run("info", folder.path)
    let line: JSON = ["input": .string(path), "output": .string(folder.file("a\(name).npz"))]
    let lines = [line, ["input": .string(name)], .object([.init(name, .string(name))])]
    let manifest = try folder.write(
      Array(lines.map { $0.text() + "\n" }.joined().utf8), to: "jobs.jsonl")
    for option in ["--lossy", "--json"] { try run("convert", "--manifest", manifest, option) }
    try run("check", "--manifest", manifest, "--results", folder.file("r.jsonl"))
    let results = try String(contentsOfFile: folder.file("r.jsonl"), encoding: .utf8)
    expectVisible(results, ["results"])
    #expect(results.contains("é漢字"))
    // What the argument parser says.
    for arguments in [["info", name, name], ["info", "--\(name)"], [name]] {
      let command = try Command(arguments)
      expectVisible(command.error, arguments)
    }
  }

  @Test func namesCanBeReadAndKeepTheirBytes() throws {
    let path = try HostileFile.checkpoint.write(to: folder)
    #expect(try run("info", path).output.contains("é漢字"))
    let json = try JSON(parsing: run("info", path, "--json").output)
    #expect(json["entry"]?.string == HostileFile.name)
    #expect(json["tensors"]?.array?.first?["name"]?.string == HostileFile.name + ".weight")
    for output in ["b.h5", "b.pth", "b.safetensors"].map(folder.file) {
      #expect(try run("convert", path, output, "--state-dict-only").status == 0)
      #expect(
        try Checkpoint.open(output).stateDict().tensors.first?.name == HostileFile.name + ".weight")
    }
    let written = try Data(contentsOf: URL(filePath: folder.file("b.safetensors")))
    #expect(written.firstRange(of: Data("\u{9B}31m\u{85}\u{202E}c\u{2066}".utf8)) != nil)
  }
}
