import DBNTensors
import DBNTestSupport
import DBNTorch
import Testing

/// Damaged checkpoints end in a value or in a `CheckpointError`, never in a crash.
struct DamageTests {
  static let small = Fixture("torch/entries/bare-tensor")

  @Test func everyShortPrefixIsRefused() throws {
    let bytes = try Self.small.bytes("checkpoint.pth")
    for count in bytes.indices {
      #expect(throws: CheckpointError.self) {
        try TorchCheckpoint.read(ByteRegion(Array(bytes[..<count])))
      }
    }
  }

  @Test(arguments: ["torch/legacy/storage-views", "torch/legacy/protocol-0"])
  func everyShortPrefixOfALegacyFileIsRefused(name: String) throws {
    let bytes = try Fixture(name).bytes("checkpoint.pth")
    for count in bytes.indices {
      #expect(throws: CheckpointError.self) {
        try TorchCheckpoint.read(ByteRegion(Array(bytes[..<count])))
      }
    }
  }

  /// The last zeros of an archive only fill its last block.
  @Test func everyShortPrefixOfATarFileIsRefused() throws {
    let bytes = try Fixture("torch/tar").bytes("checkpoint.pth")
    let end = try #require(bytes.lastIndex { $0 != 0 }) / 512 * 512 + 3 * 512
    #expect(end <= bytes.count)
    for count in 0..<end {
      #expect(throws: CheckpointError.self) {
        try TorchCheckpoint.read(ByteRegion(Array(bytes[..<count])))
      }
    }
    #expect(throws: Never.self) {
      try TorchCheckpoint.read(ByteRegion(Array(bytes[..<end])))
    }
  }

  @Test func bytesBehindALegacyCheckpointAreNoted() throws {
    let bytes = try Fixture("torch/legacy/state-dict").bytes("checkpoint.pth")
    let checkpoint = try TorchCheckpoint.read(ByteRegion(bytes + [1, 2, 3]))
    #expect(checkpoint.notes.contains { $0.contains("3 bytes") })
  }

  static let cases = ["values", "strides", "buffers", "ties", "training", "byteorder-big"]
  static let older = ["legacy/views", "legacy/protocol-0", "legacy/protocol-1", "tar"]

  @Test(arguments: cases + older)
  func mutatedFilesEndInAValueOrAnError(name: String) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var generator = SeededGenerator(seed)
    let original = try Fixture("torch/\(name)").bytes("checkpoint.pth")
    var refused = 0
    for _ in 0..<150 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        bytes[place] = UInt8.random(in: 0...255, using: &generator)
      }
      refused += Self.isRefused(bytes) ? 1 : 0
    }
    #expect(refused > 0, "seed \(seed)")
  }

  /// The checksum of the pickle catches every change: here it is switched off.
  @Test(arguments: cases)
  func mutatedPicklesEndInAValueOrAnError(name: String) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var generator = SeededGenerator(seed)
    let original = try Self.unchecked(Fixture("torch/\(name)").bytes("checkpoint.pth"))
    let pickle = try #require(Self.pickleRange(in: original))
    var refused = 0
    for _ in 0..<400 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let place = Int.random(in: pickle, using: &generator)
        bytes[place] = UInt8.random(in: 0...255, using: &generator)
      }
      refused += Self.isRefused(bytes) ? 1 : 0
    }
    #expect(refused > 0, "seed \(seed)")
  }

  private static func isRefused(_ bytes: [UInt8]) -> Bool {
    do throws(CheckpointError) {
      try TorchCheckpoint.read(ByteRegion(bytes)).root.readSmallTensors()
      return false
    } catch {
      return true
    }
  }

  /// The archive with the checksums in its directory set to 0, which means that there are none.
  static func unchecked(_ file: [UInt8]) -> [UInt8] {
    var bytes = file
    for place in bytes.indices.dropLast(20) where bytes[place...].starts(with: [0x50, 0x4B, 1, 2]) {
      bytes.replaceSubrange(place + 16..<place + 20, with: [0, 0, 0, 0])
    }
    return bytes
  }

  /// Where the pickle, the first record, lies: from its protocol to the end of the record.
  static func pickleRange(in file: [UInt8]) -> Range<Int>? {
    let start = file.indices.first { file[$0...].starts(with: [0x80, 2]) }
    let end =
      file.indices.dropFirst().first { file[$0...].starts(with: [0x50, 0x4B, 7, 8]) }
      ?? file.indices.dropFirst().first { file[$0...].starts(with: [0x50, 0x4B, 3, 4]) }
    guard let start, let end, start < end else { return nil }
    return start..<end
  }
}

extension CheckpointValue {
  /// Reads the tensors' bytes; expanded ones of more than a megabyte are left out, for time.
  func readSmallTensors() throws(CheckpointError) {
    if let tensor, tensor.byteCount < 1 << 20 { _ = try tensor.storage.crc32() }
    for element in elements ?? [] { try element.readSmallTensors() }
    for entry in dictionary?.entries ?? [] { try entry.value.readSmallTensors() }
  }
}
