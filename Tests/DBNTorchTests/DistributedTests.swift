import DBNTensors
import DBNTestSupport
import DBNTorch
import Foundation
import Testing

/// Folders of `torch.distributed.checkpoint`.
struct DistributedTests {
  static let fixtures = Fixture.all("torch/distributed") + Fixture.all("torch/distributed-2.15")

  @Test(arguments: fixtures)
  func everyEntryIsAsPyTorchReadsIt(fixture: Fixture) throws {
    let folder = fixture.file("checkpoint")
    #expect(DistributedCheckpoint.recognises(folder: folder))
    let checkpoint = try DistributedCheckpoint.read(folder)
    let expected = try Expectation.normalised(fixture.expected["tree"] ?? .null)
    #expect(try Expectation.tree(checkpoint.root) == expected)
    #expect(checkpoint.notes.isEmpty)
  }

  @Test func objectsOfUnknownClassesAreKeptOrRefusedOnRequest() throws {
    let fixture = Fixture("torch/distributed-opaque/training")
    let folder = fixture.file("checkpoint")
    let error = try #require(throws: CheckpointError.self) {
      try DistributedCheckpoint.read(
        folder, options: ReadingOptions(refusesUnknownClasses: true))
    }
    #expect(error.code == .pickleGlobal && error.name?.hasPrefix("args") == true, "\(error)")
    let checkpoint = try DistributedCheckpoint.read(folder)
    let expected = try Expectation.normalised(fixture.expected["tree"] ?? .null)
    #expect(try Expectation.tree(checkpoint.root) == expected)
  }

  @Test func allFixturesAreFound() {
    #expect(Self.fixtures.count == 6)
  }

  @Test func whatRanksSaveWithoutCoordinationIsPutTogether() throws {
    let fixture = Fixture("torch/distributed-2.15/two-ranks")
    let checkpoint = try DistributedCheckpoint.read(
      Fixture("torch/distributed-2.15/no-collectives").file("checkpoint"))
    let expected = try Expectation.normalised(fixture.expected["tree"] ?? .null)
    #expect(try Expectation.tree(checkpoint.root) == expected)
    #expect(checkpoint.notes.count == 1 && checkpoint.notes[0].contains("2 ranks"))
  }

  @Test func aMissingRankWithoutCoordinationIsAGap() throws {
    let fixture = Fixture("torch/distributed-2.15/no-collectives")
    let folder = try TemporaryFolder()
    for file in ["__0.metadata", "__0_0.distcp"] {
      _ = try folder.write(fixture.bytes("checkpoint/\(file)"), to: file)
    }
    let error = try #require(throws: CheckpointError.self) {
      try DistributedCheckpoint.read(folder.path)
    }
    #expect(error.code == .tensorSlices && error.name == "model.0.weight", "\(error)")
  }

  @Test(arguments: [
    ("zstd", CheckpointError.Code.distributedTransform, "'stream.zstd/1'"),
    ("safetensors", .distributedContent, "safetensors"),
  ])
  func whatIsNotReadIsNamed(name: String, code: CheckpointError.Code, word: String) throws {
    let error = try #require(throws: CheckpointError.self) {
      try DistributedCheckpoint.read(Fixture("torch/distributed-2.15/\(name)").file("checkpoint"))
    }
    #expect(error.code == code && error.name == "w" && error.advice != nil, "\(error)")
    #expect(error.description.contains(word), "\(error)")
  }

  @Test func otherFoldersAndFilesAreNotRecognised() throws {
    let folder = try TemporaryFolder()
    #expect(!DistributedCheckpoint.recognises(folder: folder.path))
    #expect(!DistributedCheckpoint.recognises(folder: folder.file("nothing")))
    #expect(
      !DistributedCheckpoint.recognises(
        folder: Fixture("torch/distributed/flat").file("checkpoint/__0_0.distcp")))
  }

  /// A copy of a fixture's folder with one file changed.
  private static func copy(
    of name: String, file: String, _ change: ([UInt8]) throws -> [UInt8]?
  ) throws -> TemporaryFolder {
    let fixture = Fixture("torch/distributed/\(name)")
    let folder = try TemporaryFolder()
    for other in try FileManager.default.contentsOfDirectory(atPath: fixture.file("checkpoint")) {
      let bytes = try fixture.bytes("checkpoint/\(other)")
      guard let changed = other == file ? try change(bytes) : bytes else { continue }
      _ = try folder.write(changed, to: other)
    }
    return folder
  }

  @Test func everyShortMetadataIsRefused() throws {
    let bytes = try Fixture("torch/distributed/flat").bytes("checkpoint/.metadata")
    let folder = try Self.copy(of: "flat", file: ".metadata") { _ in nil }
    for count in bytes.indices {
      _ = try folder.write(Array(bytes[..<count]), to: ".metadata")
      #expect(throws: CheckpointError.self) { try DistributedCheckpoint.read(folder.path) }
    }
  }

  @Test func aMissingFileIsNamedWithItsEntry() throws {
    let folder = try Self.copy(of: "two-ranks", file: "__1_0.distcp") { _ in nil }
    let error = try #require(throws: CheckpointError.self) {
      try DistributedCheckpoint.read(folder.path)
    }
    #expect(error.code == .system)
    #expect(error.path == folder.file("__1_0.distcp"))
    #expect(error.name == "model.0.weight", "\(error)")
  }

  @Test func aFileCutShortIsRefused() throws {
    let folder = try Self.copy(of: "two-ranks", file: "__1_0.distcp") { Array($0.dropLast(4000)) }
    let error = try #require(throws: CheckpointError.self) {
      try DistributedCheckpoint.read(folder.path)
    }
    #expect(error.code == .truncated)
    #expect(error.advice != nil)
  }

  /// A change to the metadata, text for text of one length, and the error it must lead to.
  static let changes: [(old: String, new: String, code: CheckpointError.Code)] = [
    ("__0_0.distcp", "../../x.dist", .distributedPath),
    ("Metadata\u{94}", "Mutadata\u{94}", .distributedMetadata),
    ("state_dict_metadata", "state_dict_mutadata", .distributedMetadata),
    ("_StorageInfo", "_StorageOnfo", .distributedMetadata),
    ("relative_path", "relative_poth", .distributedMetadata),
    ("MetadataIndex", "MetadataOndex", .distributedMetadata),
    ("float32", "float64", .tensorSlices),
    (
      "torch.distributed.checkpoint.metadata", "torch_distributed.checkpoint.metadata",
      .pickleGlobal
    ),
  ]

  @Test(arguments: changes)
  func changedMetadataIsRefused(
    change: (old: String, new: String, code: CheckpointError.Code)
  ) throws {
    let (old, new) = (latin1(change.old), latin1(change.new))
    let folder = try Self.copy(of: "flat", file: ".metadata") { bytes in
      let place = try #require(bytes.indices.first { bytes[$0...].starts(with: old) })
      return bytes[..<place] + new + bytes[(place + old.count)...]
    }
    let error = try #require(throws: CheckpointError.self) {
      try DistributedCheckpoint.read(folder.path)
    }
    #expect(error.code == change.code, "\(error)")
    #expect(error.path != nil && error.advice != nil)
  }

  @Test func mutatedMetadataEndsInAValueOrAnError() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var generator = SeededGenerator(seed)
    let original = try Fixture("torch/distributed/two-ranks").bytes("checkpoint/.metadata")
    let folder = try Self.copy(of: "two-ranks", file: ".metadata") { $0 }
    var refused = 0
    for _ in 0..<300 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        bytes[Int.random(in: bytes.indices, using: &generator)] = .random(
          in: 0...255, using: &generator)
      }
      _ = try folder.write(bytes, to: ".metadata")
      do throws(CheckpointError) {
        try DistributedCheckpoint.read(folder.path).root.readSmallTensors()
      } catch {
        refused += 1
      }
    }
    #expect(refused > 0, "seed \(seed)")
  }

  private func latin1(_ text: String) -> [UInt8] {
    text.unicodeScalars.map { UInt8($0.value) }
  }
}
