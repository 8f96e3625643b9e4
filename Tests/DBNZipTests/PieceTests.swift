import DBNTensors
import DBNTestSupport
import DBNZip
import Testing

/// Records that are decompressed in pieces are those that are decompressed at once.
struct PieceTests {
  static let content: [UInt8] = (0..<70_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }

  static func deflated(skipping skipped: Int = 0) throws -> TensorStorage {
    let record = Archive.Record("a", content).deflated
    let zip = try ZipArchive(ByteRegion(Archive([record]).bytes))
    let entry = try #require(zip["a"])
    return TensorStorage(entry.deflated(skipping: skipped))
  }

  static let storages: [(name: String, make: @Sendable () throws -> TensorStorage)] = [
    ("deflated", { try deflated() }),
    ("deflated, without a header", { try deflated(skipping: 128) }),
  ]

  @Test(arguments: storages.map(\.name), [1 << 20, 65_535, 4096, 1000])
  func piecesAreTheWhole(name: String, size: Int) throws {
    let storage = try #require(Self.storages.first { $0.name == name }).make()
    var pieces: [UInt8] = []
    let checksum = try storage.crc32(pieces: size) { start, bytes in
      #expect(start == pieces.count)
      #expect(bytes.byteCount <= size)
      pieces += bytes.withUnsafeBytes { Array($0) }
    }
    let whole = try storage.withBytes { bytes in bytes.withUnsafeBytes { Array($0) } }
    #expect(pieces == whole)
    #expect(checksum == CRC32.of(whole.span.bytes))
    #expect(whole.count >= Self.content.count - 128)
  }
}
