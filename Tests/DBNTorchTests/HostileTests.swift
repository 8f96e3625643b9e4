import DBNTensors
import DBNTestSupport
import DBNTorch
import Testing

/// Files that must be refused, with what the refusal must name.
struct HostileTests {
  struct Case: CustomStringConvertible {
    let file: String
    let mentions: [String]
    var description: String { file }
  }

  static let fixture = Fixture("torch/hostile")

  static let cases: [Case] = ((try? fixture.expected)?.array ?? []).compactMap { row in
    guard let file = row["file"]?.string, let mentions = row["mentions"]?.array else { return nil }
    return Case(file: file, mentions: mentions.compactMap(\.string))
  }

  @Test(arguments: cases)
  func hostileFilesAreRefusedByName(hostile: Case) throws {
    let error = try #require(throws: CheckpointError.self) {
      let file = try MappedFile.open(Self.fixture.file(hostile.file))
      // What is read in place is checked when it is used.
      try TorchCheckpoint.read(file).root.readEverything()
    }
    #expect(!error.description.contains("\n"))
    #expect(error.advice != nil)
    for word in hostile.mentions { #expect(error.description.contains(word)) }
  }

  @Test func hostileFilesAreFound() {
    #expect(Self.cases.count > 100)
  }
}

extension CheckpointValue {
  /// Reads the bytes of every tensor in the tree.
  func readEverything() throws {
    if let tensor { _ = try tensor.storage.withBytes { CRC32.of($0) } }
    for element in elements ?? [] { try element.readEverything() }
    for entry in dictionary?.entries ?? [] { try entry.value.readEverything() }
  }
}
