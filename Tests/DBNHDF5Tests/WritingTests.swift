import DBNCheckpointFormats
import DBNHDF5
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// Files appear complete or not at all, and the same each time.
struct WritingTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: folder.file(name))))
  }

  @Test func aSecondWriteGivesTheSameBytes() throws {
    var stateDict = try Sample.stateDict(Sample.oddKeys + (0..<40).map { "layer\($0)" })
    for (index, value) in Sample.values.enumerated() {
      stateDict.set(.string("value\(index)"), to: value)
    }
    stateDict.attributes = [("_metadata", .list(Sample.values))]
    let checkpoint = Checkpoint(root: .dictionary(stateDict), history: [["a": 1]])
    try HDF5Format().write(checkpoint, to: folder.file("a.h5"))
    let reread = try HDF5Checkpoint.read(folder.file("a.h5"))
    try HDF5Format().write(reread, to: folder.file("b.h5"))
    #expect(try bytes("a.h5") == bytes("b.h5"))
  }

  @Test func tensorsOf64BytesAndMoreAreAlignedToThat() throws {
    var stateDict = CheckpointDictionary(.orderedDict)
    for count in 16..<36 {
      let tensor = try Tensor.float32(Array(repeating: 1, count: count))
      stateDict.set(.string("\(count)"), to: .tensor(tensor))
    }
    try HDF5Format().write(Checkpoint(root: .dictionary(stateDict)), to: folder.file("a.h5"))
    let catalog = try Catalog.reading(folder.file("a.h5"))
    #expect(catalog.datasets.count == 20)
    for dataset in catalog.datasets {
      guard case .contiguous(let offset, 64...) = dataset.extent else {
        Issue.record("\(dataset.path) is not contiguous")
        continue
      }
      #expect(offset % 64 == 0)
    }
  }

  /// HDF5 ends texts at a NUL: what follows would be lost. A program that is damaged can have one.
  @Test func aTextWithANULIsNotCutOff() throws {
    let checkpoint = Checkpoint(
      root: .dictionary(try Sample.stateDict(["w"])), graph: "{\"a\u{0}\": 1}")
    let error = #expect(throws: CheckpointError.self) {
      try HDF5Format().write(checkpoint, to: folder.file("a.h5"))
    }
    #expect(error?.code == .cannotBeWritten && error?.reason.contains("graph") == true)
    #expect(folder.contents.isEmpty)
  }

  /// What can't be written, with the code and the name that the error must have.
  static let refused: [(CheckpointValue, CheckpointError.Code, String)] = {
    let failing = TensorStorage(ByteRegion([1, 2]), crc32: 7)
    let damaged = (try? Tensor(.uint8, shape: [2], storage: failing)).map { [$0] } ?? []
    let flat = (try? Sample.tensor(.uint8, Array(repeating: 1, count: 33))).map { [$0] } ?? []
    var mapping = CheckpointDictionary()
    mapping.attributes = [("_extra", .list(flat.map { .tensor($0) }))]
    var deep = CheckpointValue.none
    for _ in 0..<300 { deep = .list([deep]) }
    var deepAttribute = CheckpointDictionary()
    deepAttribute.attributes = [("deep", deep)]
    func entry(_ value: CheckpointValue) -> CheckpointValue {
      Sample.mapping([(.string("bad"), value)])
    }
    return damaged.map { (entry(.tensor($0)), .checksumMismatch, "bad") }
      + flat.map { (entry(.tensor($0)), .cannotBeWritten, "bad") }
      + [
        (entry(.dictionary(mapping)), .cannotBeWritten, "bad/_extra"),
        (entry(deep), .limitExceeded, "bad/0"),
        (entry(.dictionary(deepAttribute)), .limitExceeded, "bad/deep"),
      ]
  }()

  @Test(arguments: refused)
  func aFailedWriteLeavesTheOldFileAndNothingElse(
    value: CheckpointValue, code: CheckpointError.Code, name: String
  ) throws {
    let old = try folder.write([1, 2, 3], to: "a.h5")
    let error = #expect(throws: CheckpointError.self) {
      try HDF5Format().write(
        Checkpoint(root: value), to: old, options: WritingOptions(existing: .replace))
    }
    #expect(error?.code == code)
    #expect(error?.name?.hasPrefix(name) == true)
    #expect(error?.path == old)
    #expect(try bytes("a.h5") == [1, 2, 3])
    #expect(folder.contents == ["a.h5"])
  }

  @Test func severalThreadsWriteAndRead() async throws {
    let folder = folder
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<8 {
        group.addTask {
          let stateDict = try Sample.stateDict((0..<50).map { "\($0 * index)" })
          let path = folder.file("\(index).h5")
          try HDF5Format().write(Checkpoint(root: .dictionary(stateDict)), to: path)
          let read = try HDF5Checkpoint.read(path).root
          #expect(try Expectation.tree(read) == Expectation.tree(.dictionary(stateDict)))
          #expect(throws: CheckpointError.self) {
            try HDF5Checkpoint.read(Fixture("hdf5/hostile").file("checksum-of-superblock.h5"))
          }
        }
      }
      try await group.waitForAll()
    }
  }
}
