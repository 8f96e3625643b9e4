import DBNTensors
import DBNTestSupport
import Foundation
import Testing

@testable import DBNZip

/// Archives that are written, held against what PyTorch's own writer does.
struct ZipWriterTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func write(_ batches: [ZipWriter.Records]) throws -> ZipArchive {
    var files = StagedFiles()
    let file = try files.makeFile(folder.file("a.zip"), existing: .replace)
    var writer = ZipWriter(to: file.destination)
    for batch in batches { try writer.append(batch) }
    try writer.finish()
    try files.add(file)
    try files.commit()
    return try ZipArchive(MappedFile.open(folder.file("a.zip")))
  }

  @Test func recordsComeBackWithTheirChecksums() throws {
    let contents: [[UInt8]] = [[], [1], Array(repeating: 7, count: 3_000_000), [2, 3]]
    let records = contents.enumerated().map { (name: "é/\($0)", content: TensorStorage($1)) }
    let archive = try write([.init(Array(records[..<2])), .init([]), .init(Array(records[2...]))])
    #expect(archive.entries.map(\.name) == records.map(\.name))
    for (entry, content) in zip(archive.entries, contents) {
      #expect(try entry.content().array == content)
      #expect(entry.crc32 == (content.isEmpty ? nil : CRC32.of(content.span.bytes)))
      #expect(entry.payload.fileOffset % 64 == 0)
    }
  }

  @Test func moreRecordsThanSixteenBitsCount() throws {
    let zip = try write([.init((0..<70_000).map { ("a/\($0)", TensorStorage([1])) })])
    #expect(zip.entries.count == 70_000)
    #expect(try zip["a/69999"]?.content().array == [1])
  }

  @Test func emptyArchiveIsRead() throws {
    #expect(try write([]).entries.isEmpty)
  }

  /// The numbers are those of a file that PyTorch 2.13 wrote, with one tensor of 4.3 GiB.
  @Test func recordsBeyondFourGibibytesAreLaidOutAsPyTorchDoes() {
    let first = ZipPlacement("big/data/0", 0x1_1300_0000, at: 790)
    #expect(first.payloadOffset == 896)
    let size: [UInt8] = [0, 0, 0, 0x13, 1, 0, 0, 0]
    let field: [UInt8] = [1, 0, 16, 0] + size + size
    #expect(Array(first.localHeader[40...].prefix(20)) == field)
    #expect(Array(first.directoryHeader(crc32: 0).suffix(20)) == field)
    #expect(Array(first.directoryHeader(crc32: 0)[20..<28]) == [UInt8](repeating: 0xFF, count: 8))
    let descriptor: [UInt8] = [0x50, 0x4B, 7, 8, 0x66, 0x82, 0x13, 0xDA] + size + size
    #expect(first.descriptor(crc32: 0xDA13_8266) == descriptor)

    let second = ZipPlacement("big/data/1", 12, at: first.end)
    #expect(first.end == 0x1_1300_0398)
    let offset: [UInt8] = [1, 0, 8, 0, 0x98, 3, 0, 0x13, 1, 0, 0, 0]
    #expect(Array(second.localHeader[40...].prefix(12)) == offset)
    #expect(Array(second.directoryHeader(crc32: 0).suffix(12)) == offset)
    #expect(second.descriptor(crc32: 1).count == 24)

    let third = ZipPlacement("big/data/2", 0, at: second.end)
    #expect(second.end == 0x1_1300_0424)
    #expect(third.end == 0x1_1300_0480)
    #expect(third.descriptor(crc32: 0).isEmpty)
  }

  /// The header, the filling and what follows are PyTorch's, byte by byte.
  @Test(arguments: ["digits-standard", "ties", "buffers", "scalar-types", "odd-keys"])
  func archivesOfPyTorchAreWrittenAgainByteForByte(name: String) throws {
    let fixture = Fixture("torch/\(name)")
    let original = try ZipArchive(MappedFile.open(fixture.file("checkpoint.pth")))
    let entries = original.entries
    _ = try write([
      .init(count: entries.count, name: { entries[$0].name }, content: { entries[$0].storage() })
    ])
    let written = try Data(contentsOf: URL(filePath: folder.file("a.zip")))
    #expect(Array(written) == (try fixture.bytes("checkpoint.pth")))
  }
}
