import DBNCheckpointFormats
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

@testable import DBNHDF5

/// Files with changed bytes end in a checkpoint or an error, never in a signal.
///
/// `DBN_MUTATIONS` in the environment says how many of each file, beside the few of every run.
struct MutationTests {
  private static let count =
    ProcessInfo.processInfo.environment["DBN_MUTATIONS"].flatMap { Int($0) } ?? 15

  private static let files =
    ["h5py-filters/earliest", "h5py-filters/v110", "h5py-filters/v200", "h5py-many/earliest"]
    .map { Fixture("hdf5/\($0)") }
    + ["h5py-many/latest", "h5py-structures/earliest", "h5py-structures/v110", "h5py-types"]
    .map { Fixture("hdf5/\($0)") }

  @Test(arguments: files)
  func changedFilesOfH5pyEndInAnError(fixture: Fixture) throws {
    try mutate(fixture.bytes("weights.h5"), count: MutationTests.count)
  }

  private static let otherFiles = [
    "arrays", "beyond_shape_v110", "bits", "cache_image", "complex", "enums", "links", "lzf",
    "n_bit",
    "opaque", "padded", "scale_offset", "shared_messages_list", "shared_messages_tree", "sizes_2_2",
    "sizes_8_4",
  ]

  @Test(arguments: otherFiles)
  func changedFilesOfOthersEndInAnError(name: String) throws {
    try mutate(OtherWritersTests.fixture.bytes("\(name).h5"), count: MutationTests.count)
  }

  @Test(arguments: otherFiles)
  func everyBeginningOfTheFilesOfOthersEndsInAnError(name: String) throws {
    let bytes = try OtherWritersTests.fixture.bytes("\(name).h5")
    for count in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 64)) {
      var start = Array(bytes[..<count])
      try read(&start)
    }
  }

  @Test func changedFilesOfOurOwnEndInAnError() throws {
    try mutate(written(), count: MutationTests.count)
  }

  @Test func everyChangedByteOfASmallFileEndsInAnError() throws {
    let bytes = try written(large: false)
    let isThorough = MutationTests.count > 1000
    for place in bytes.indices {
      for value in [bytes[place] ^ 1 << (place % 8), 0xFF, 0].prefix(isThorough ? 3 : 1) {
        var changed = bytes
        changed[place] = value
        try read(&changed)
      }
    }
  }

  private func written(large: Bool = true) throws -> [UInt8] {
    let folder = try TemporaryFolder()
    var dictionary = try Sample.stateDict((0..<(large ? 40 : 2)).map { "layer\($0).weight" })
    for (index, value) in Sample.values.enumerated().prefix(large ? .max : 2) {
      dictionary.set(.int(index), to: value)
    }
    if large { dictionary.set(.string("l"), to: .tensor(try Sample.tensor(.float32, [90, 500]))) }
    dictionary.attributes = [("_metadata", .list(Array(Sample.values.prefix(large ? 30 : 1))))]
    try HDF5Format().write(
      Checkpoint(root: .dictionary(dictionary)), to: folder.file("a.h5"),
      options: WritingOptions(compression: .gzip(level: 1)))
    return Array(try Data(contentsOf: URL(filePath: folder.file("a.h5"))))
  }

  private func mutate(_ bytes: [UInt8], count: Int) throws {
    let seed = UInt64.random(in: .min ... .max)
    print("seed \(seed)")
    var generator = SeededGenerator(seed)
    for _ in 0..<count {
      var changed = bytes
      for _ in 0..<Int.random(in: 1...6, using: &generator) { changed.change(using: &generator) }
      try read(&changed)
    }
  }

  /// Reads the file and its tensors; where a checksum is all that is wrong, puts it right first, so
  /// that what is behind it is reached.
  private func read(_ bytes: inout [UInt8]) throws {
    for _ in 0..<50 {
      do throws(CheckpointError) {
        let checkpoint = try HDF5Checkpoint.read(ByteRegion(bytes))
        for leaf in checkpoint.root.leaves {
          guard let tensor = leaf.value.tensor, tensor.byteCount < 1 << 20 else { continue }
          _ = try? tensor.storage.crc32()
        }
        return
      } catch {
        #expect(!error.reason.isEmpty)
        guard bytes.repairChecksum(error) else { return }
      }
    }
  }
}

extension [UInt8] {
  fileprivate mutating func change(using generator: inout SeededGenerator) {
    guard let place = indices.randomElement(using: &generator) else { return }
    switch Int.random(in: 0..<8, using: &generator) {
    case 0: removeLast(Int.random(in: 0..<count, using: &generator) / 8)
    case 1: self[place] = 0xFF
    case 2:
      for place in place..<Swift.min(place + 8, count) { self[place] = 0xFF }
    case 3:
      let other = Int.random(in: 0..<count, using: &generator)
      for index in 0..<Swift.min(8, count - Swift.max(place, other)) {
        self[place + index] = self[other + index]
      }
    case 4: self[place] &+= 1
    default: self[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    }
  }

  /// Replaces the checksum that the error names as expected by the one it names as found.
  fileprivate mutating func repairChecksum(_ error: CheckpointError) -> Bool {
    guard error.code == .checksumMismatch, let offset = error.offset,
      let match = error.reason.firstMatch(of: /checksum ([0-9a-f]{8}), but has ([0-9a-f]{8})/),
      let expected = UInt32(match.1, radix: 16), let found = UInt32(match.2, radix: 16)
    else { return false }
    let old = (0..<4).map { UInt8(truncatingIfNeeded: expected >> UInt32(8 * $0)) }
    let new = (0..<4).map { UInt8(truncatingIfNeeded: found >> UInt32(8 * $0)) }
    guard offset < count, let place = self[offset...].firstRange(of: old) else { return false }
    replaceSubrange(place, with: new)
    return true
  }
}
