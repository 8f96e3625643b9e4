import DBNBytes
import Testing

/// Reading in order from bytes that nobody vouches for.
struct ByteReaderTests {
  private static let bytes: [UInt8] = [0x81, 2, 3, 4, 5, 6, 7, 0x88]

  private func reader(_ bytes: [UInt8]) -> ByteReader { ByteReader(ByteRegion(bytes)) }

  @Test func numbersAreLittleEndian() throws {
    var bytes = reader(Self.bytes)
    #expect(try bytes.read(UInt8.self) == 0x81 && bytes.position == 1)
    bytes = reader(Self.bytes)
    #expect(try bytes.read(UInt16.self) == 0x0281 && bytes.position == 2)
    bytes = reader(Self.bytes)
    #expect(try bytes.read(UInt32.self) == 0x0403_0281 && bytes.position == 4)
    bytes = reader(Self.bytes)
    #expect(try bytes.read(UInt64.self) == 0x8807_0605_0403_0281 && bytes.remaining == 0)
    bytes = reader(Self.bytes)
    #expect(try bytes.read(Int8.self) == -0x7F && bytes.read(Int16.self) == 0x0302)
    bytes = reader(Self.bytes)
    #expect(try bytes.read(Int64.self) == Int64(bitPattern: 0x8807_0605_0403_0281))
  }

  @Test func numbersAreBigEndianWhereThatIsAsked() throws {
    var bytes = reader(Self.bytes)
    #expect(try bytes.readBigEndian(UInt16.self) == 0x8102)
    #expect(try bytes.readBigEndian(Int32.self) == 0x0304_0506)
  }

  /// What reads, and how many bytes it needs.
  private static let reads: [(count: Int, read: @Sendable (inout ByteReader) throws -> Void)] = [
    (1, { _ = try $0.read(UInt8.self) }), (2, { _ = try $0.read(Int16.self) }),
    (4, { _ = try $0.readBigEndian(UInt32.self) }), (8, { _ = try $0.readCount(UInt64.self) }),
    (5, { _ = try $0.readRegion(count: 5) }), (3, { _ = try $0.readString(count: 3) }),
    (7, { try $0.skip(7) }), (6, { try $0.seek(to: 6) }),
  ]

  @Test(arguments: reads.indices)
  func nothingIsReadPastTheEnd(index: Int) throws {
    let (count, read) = Self.reads[index]
    for available in 0..<count {
      var bytes = reader(Array(repeating: 1, count: available))
      let error = #expect(throws: CheckpointError.self) { try read(&bytes) }
      #expect(error?.code == .truncated)
      #expect(bytes.position == 0, "what failed has moved")
    }
    var bytes = reader(Array(repeating: 1, count: count))
    try read(&bytes)
    #expect(bytes.remaining == 0)
  }

  @Test(arguments: [-1, Int.min, Int.max])
  func countsThatNoRegionHasAreRefused(count: Int) {
    for read in [
      { (reader: inout ByteReader) in _ = try reader.readRegion(count: count) },
      { _ = try $0.readString(count: count) }, { try $0.skip(count) }, { try $0.seek(to: count) },
    ] {
      var bytes = reader(Self.bytes)
      let error = #expect(throws: CheckpointError.self) {
        try bytes.skip(1)
        try read(&bytes)
      }
      #expect(error?.code == .truncated && bytes.position == 1)
    }
  }

  @Test func aNumberThatIsNoSizeIsAnErrorThatSaysWhere() throws {
    for bytes in [Array(repeating: UInt8.max, count: 8), [0, 0, 0, 0, 0, 0, 0, 0x80]] {
      var unsigned = ByteReader(try ByteRegion([0, 0, 0] + bytes).slice(from: 2, count: 9))
      try unsigned.skip(1)
      let error = #expect(throws: CheckpointError.self) { try unsigned.readCount(UInt64.self) }
      #expect(error?.code == .overflow && error?.offset == 3)
      var signed = reader(bytes)
      let negative = #expect(throws: CheckpointError.self) { try signed.readCount(Int64.self) }
      #expect(negative?.code == .overflow && negative?.offset == 0)
    }
  }

  @Test func textMustBeUTF8() throws {
    var good = reader(Array("é".utf8))
    #expect(try good.readString(count: 2) == "é")
    var bad = ByteReader(try ByteRegion([0, 0xC3, 0x28]).slice(from: 1, count: 2))
    let error = #expect(throws: CheckpointError.self) { try bad.readString(count: 2) }
    #expect(error?.code == .invalidText && error?.offset == 1)
  }

  @Test func linesEndWithALineFeed() throws {
    var bytes = reader(Array("one\n\ntwo".utf8))
    #expect(try bytes.readLine().array == Array("one".utf8))
    #expect(try bytes.readLine().count == 0)
    let error = #expect(throws: CheckpointError.self) { try bytes.readLine() }
    #expect(error?.code == .truncated && bytes.position == 5)
  }

  @Test func offsetsAreThoseOfTheFile() throws {
    let part = try ByteRegion(Array(0..<100)).slice(from: 40, count: 50)
    var bytes = ByteReader(part)
    try bytes.seek(to: 10)
    #expect(bytes.position == 10 && bytes.fileOffset == 50)
    #expect(try bytes.readRegion(count: 2).fileOffset == 50)
    #expect(try bytes.read(UInt8.self) == 52)
  }
}
