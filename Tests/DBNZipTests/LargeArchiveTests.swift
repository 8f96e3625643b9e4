import DBNTensors
import DBNTestSupport
import DBNZip
import Foundation
import Testing

struct LargeArchiveTests {
  /// A sparse file: the first record has 5 GiB of nothing, the second lies behind it.
  @Test func recordsBeyondFourGibibytesAreRead() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([])
    let size = 5 << 30
    var archive = Archive([.init("large", []), .init("behind", [1, 2, 3])])
    archive.isZip64 = true
    archive.records[0].size = size
    archive.records[0].compressedSize = size
    let header = archive.localHeader(of: archive.records[0])
    let second = header.count + size
    let behind = archive.localHeader(of: archive.records[1]) + archive.records[1].payload
    let directory =
      archive.header(of: archive.records[0], at: 0)
      + archive.header(of: archive.records[1], at: second)
    let start = second + behind.count

    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.write(contentsOf: Data(header))
    try handle.seek(toOffset: UInt64(second))
    let tail = behind + directory + archive.end(2, directory.count, at: start)
    try handle.write(contentsOf: Data(tail))
    try handle.close()

    let zip = try ZipArchive(MappedFile.open(path))
    #expect(zip["large"]?.size == size)
    #expect(try zip["behind"]?.content().array == [1, 2, 3])
  }
}
