import DBNCheckpointFormats
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

@testable import DBNSafetensors

/// What ranks saved with `HuggingFaceStorageWriter(save_distributed=True)`.
struct SlicedFolderTests {
  private let fixture = Fixture("safetensors/ranks")
  private static let names = [
    "shard-00001-model-00001-of-00001.safetensors", "shard-00002-model-00001-of-00001.safetensors",
  ]

  private func read(_ path: String) throws -> Checkpoint {
    let file = try #require(try SafetensorsFormat().entryPoint(in: SourceFolder(path)))
    return try #require(
      try SafetensorsFormat().readIfRecognised(file, options: ReadingOptions()))
  }

  @Test func slicesArePutTogether() throws {
    let checkpoint = try read(fixture.file(""))
    let root = try #require(checkpoint.root.dictionary)
    let stateDict = try #require(StateDict(root))
    #expect(try Expectation.tensors(stateDict) == fixture.expected["tensors"])
    #expect(root.attributes.isEmpty)
    #expect(checkpoint.notes.count == 1 && checkpoint.notes[0].contains("2 files"))
    let companions = SafetensorsFormat().companions(of: fixture.file(""))
    #expect(companions == Self.names.map { fixture.file($0) })
  }

  /// A copy of the folder with one file changed or left out.
  private func copy(
    changing name: String, _ change: ([UInt8]) -> [UInt8]?
  ) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for other in Self.names {
      let bytes = try fixture.bytes(other)
      if let bytes = other == name ? change(bytes) : bytes {
        _ = try folder.write(bytes, to: other)
      }
    }
    return folder
  }

  private func changed(_ bytes: [UInt8], _ old: String, _ new: String) -> [UInt8] {
    #expect(old.utf8.count == new.utf8.count)
    return bytes.replacing(Array(old.utf8), with: Array(new.utf8))
  }

  @Test(arguments: [
    (#"{\"saved_offsets\": [2]}"#, #"{\"saved_offsets\": [3]}"#, CheckpointError.Code.tensorSlices),
    (#"{\"saved_offsets\": [2]}"#, #"{\"saved_offsets\": [1]}"#, .tensorSlices),
    ("saved_offsets", "saved_ofsfets", .safetensorsSlices),
    (#"\"saved_offsets\": [2]"#, #"\"saved_offsets\": 123"#, .safetensorsSlices),
    (#"{\"saved_offsets"#, #"[\"saved_offsets"#, .invalidJSON),
  ])
  func wrongOffsetsAreRefused(old: String, new: String, code: CheckpointError.Code) throws {
    let folder = try copy(changing: Self.names[1]) { changed($0, old, new) }
    let error = try #require(throws: CheckpointError.self) { try read(folder.path) }
    #expect(error.code == code && error.path != nil && error.advice != nil, "\(error)")
  }

  @Test func oneRankAloneIsNotPutTogether() throws {
    let folder = try copy(changing: Self.names[1]) { _ in nil }
    let file = try SafetensorsFormat().entryPoint(in: SourceFolder(folder.path))
    #expect(file?.isFolder == false)
  }

  @Test func mutatedFilesEndInAValueOrAnError() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var generator = SeededGenerator(seed)
    let original = try fixture.bytes(Self.names[1])
    let folder = try copy(changing: Self.names[1]) { $0 }
    var refused = 0
    for _ in 0..<300 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        bytes[Int.random(in: 0..<900, using: &generator)] = .random(in: 0...255, using: &generator)
      }
      if Int.random(in: 0..<4, using: &generator) == 0 {
        bytes.removeLast(.random(in: 0..<bytes.count, using: &generator))
      }
      _ = try folder.write(bytes, to: Self.names[1])
      do {
        let checkpoint = try read(folder.path)
        for (_, storage) in checkpoint.storages { _ = try storage.crc32() }
      } catch {
        refused += 1
      }
    }
    #expect(refused > 0, "seed \(seed)")
  }
}

extension [UInt8] {
  /// Every occurrence of some bytes replaced by others.
  fileprivate func replacing(_ old: [UInt8], with new: [UInt8]) -> [UInt8] {
    var (result, place) = ([UInt8](), 0)
    while place < count {
      if self[place...].starts(with: old) {
        result += new
        place += old.count
      } else {
        result.append(self[place])
        place += 1
      }
    }
    return result
  }
}
