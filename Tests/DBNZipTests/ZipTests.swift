import DBNTensors
import DBNTestSupport
import DBNZip
import Testing

struct ZipTests {
  static let content = Array("some content of a record".utf8)
  static let checksum = CRC32.of(content.span.bytes)

  @Test(arguments: [false, true])
  func storedContentLiesInPlace(isZip64: Bool) throws {
    var archive = Archive([.init("a/data.pkl", Self.content, crc32: Self.checksum), .init("b", [])])
    archive.isZip64 = isZip64
    let zip = try ZipArchive(ByteRegion(archive.bytes))
    #expect(zip.entries.map(\.name) == ["a/data.pkl", "b"])
    let entry = try #require(zip["a/data.pkl"])
    #expect(try entry.content().array == Self.content)
    #expect(try entry.content().fileOffset == 30 + "a/data.pkl".utf8.count + 4)
    #expect(try entry.storage().crc32() == Self.checksum)
    #expect(zip["c"] == nil)
  }

  @Test func deflatedContentIsInflated() throws {
    let record = Archive.Record("a", Self.content, crc32: Self.checksum).deflated
    let zip = try ZipArchive(ByteRegion(Archive([record]).bytes))
    let entry = try #require(zip["a"])
    #expect(try entry.content().array == Self.content)
    #expect(try entry.storage().withBytes { $0.byteCount } == Self.content.count)
  }

  @Test func absentChecksumIsNotEnforced() throws {
    let zip = try ZipArchive(ByteRegion(Archive([.init("a", Self.content)]).bytes))
    #expect(try zip["a"]?.content().array == Self.content)
    #expect(try zip["a"]?.storage().crc32() == Self.checksum)
  }

  @Test(arguments: [false, true])
  func wrongChecksumIsRefusedByName(isDeflated: Bool) throws {
    let stored = Archive.Record("a/data/0", Self.content, crc32: Self.checksum ^ 1)
    let record = isDeflated ? stored.deflated : stored
    let entry = try #require(try ZipArchive(ByteRegion(Archive([record]).bytes))["a/data/0"])
    for read in [{ _ = try entry.content() }, { try entry.storage().withBytes { _ in } }] {
      let error = try #require(throws: CheckpointError.self) { try read() }
      #expect(error.code == .checksumMismatch)
      #expect(error.description.contains("a/data/0"))
    }
  }

  @Test(arguments: [false, true])
  func everyShortPrefixIsRefused(isZip64: Bool) throws {
    var archive = Archive([.init("a", Self.content), .init("b", Self.content).deflated])
    archive.isZip64 = isZip64
    let bytes = archive.bytes
    for count in bytes.indices {
      #expect(throws: CheckpointError.self) { try ZipArchive(ByteRegion(Array(bytes[..<count]))) }
    }
    #expect(try ZipArchive(ByteRegion(bytes)).entries.count == 2)
  }

  @Test func moreRecordsThanSixteenBitsCount() throws {
    var archive = Archive((0..<70_000).map { .init("\($0)", []) })
    archive.isZip64 = true
    let zip = try ZipArchive(ByteRegion(archive.bytes))
    #expect(zip.entries.count == 70_000)
    #expect(zip["69999"]?.size == 0)
  }

  @Test func emptyArchiveHasNoRecords() throws {
    #expect(try ZipArchive(ByteRegion(Archive([]).bytes)).entries.isEmpty)
  }
}
