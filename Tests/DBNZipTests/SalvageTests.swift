import DBNTensors
import DBNTestSupport
import DBNZip
import Testing

/// Archives without a directory, because their end is missing.
struct SalvageTests {
  private static let archives = [
    "torch/digits-standard/checkpoint.pth", "torch/deflated/checkpoint.pth",
    "npz/arrays/arrays.npz", "npz/compressed/arrays.npz",
  ]

  private func bytes(_ path: String) throws -> [UInt8] {
    let parts = path.split(separator: "/")
    return try Fixture(parts.dropLast().joined(separator: "/")).bytes(String(parts.last ?? ""))
  }

  @Test(arguments: archives)
  func everyRecordIsFoundWithoutTheDirectory(path: String) throws {
    let file = ByteRegion(try bytes(path))
    let (whole, found) = (try ZipArchive(file), try ZipArchive(salvaging: file))
    #expect(found.entries.map(\.name) == whole.entries.map(\.name))
    for (entry, other) in zip(found.entries, whole.entries) {
      #expect(entry.method == other.method && entry.size == other.size)
      #expect(entry.crc32 == other.crc32)
      #expect(try entry.content().array == other.content().array)
    }
  }

  /// Of every prefix the records before the cut are found; the last can be a part of one.
  @Test(arguments: archives)
  func theRecordsBeforeACutAreWhole(path: String) throws {
    let all = try bytes(path)
    let whole = Array(try ZipArchive(ByteRegion(all)).entries)
    for count in stride(from: 0, to: all.count, by: max(1, all.count / 400)) {
      let file = ByteRegion(Array(all.prefix(count)))
      guard let found = (try? ZipArchive(salvaging: file))?.entries else { continue }
      #expect(found.count <= whole.count)
      for (entry, other) in zip(found, whole) {
        let content = try other.content().array
        #expect(entry.name == other.name)
        guard entry.crc32 == nil else {
          #expect(try entry.content().array == content && entry.crc32 == other.crc32)
          continue
        }
        #expect(try content.starts(with: entry.content().array) || other.crc32 == nil)
      }
      let isComplete = { (entry: ZipEntry) in entry.payload.fileOffset + entry.payload.count < count
      }
      #expect(found.count >= whole.prefix { isComplete($0) }.count)
    }
  }

  @Test(arguments: [[], [UInt8](repeating: 0, count: 100), Array("PK\u{3}\u{4}".utf8)])
  func whatBeginsWithNoRecordIsRefused(bytes: [UInt8]) {
    let error = #expect(throws: CheckpointError.self) {
      try ZipArchive(salvaging: ByteRegion(bytes))
    }
    #expect(error?.code == .zipDirectory)
  }
}
