import DBNTensors
import DBNTestSupport
import DBNZip

extension Mutation {
  /// An archive with one record changed, dropped, renamed or deflated; directory and checksums are
  /// right.
  mutating func changed(_ archive: ZipArchive) -> [UInt8] {
    var records = archive.entries.compactMap { Archive.Record($0) }
    guard !records.isEmpty else { return [] }
    let index = number(records.count)
    let (name, content) = (records[index].name, records[index].payload)
    switch number(12) {
    case 0: records.remove(at: index)
    case 1: records[index].name = plain(name, name.count + 8)
    case 2: records[index] = records[index].deflated
    case 3: records.append(records[number(records.count)])
    default:
      let changed = content.isEmpty ? plain(content, limit) : structured(content)
      records[index] = Archive.Record(String(decoding: name, as: UTF8.self), changed, hasSum: true)
    }
    return Archive(records).bytes
  }
}

extension Archive.Record {
  /// The record with its content decompressed; nil if that is damaged.
  fileprivate init?(_ entry: ZipEntry) {
    guard entry.size <= byteLimit, let content = try? entry.uncheckedContent() else { return nil }
    self.init(entry.name, content.array, hasSum: entry.crc32 != nil)
  }

  fileprivate init(_ name: String, _ content: [UInt8], hasSum: Bool) {
    self.init(name, content, crc32: hasSum ? ByteRegion(content).withBytes { CRC32.of($0) } : 0)
  }
}
