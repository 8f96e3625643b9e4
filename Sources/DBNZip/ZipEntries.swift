import DBNTensors

/// The records of an archive, created on access: an archive can have very many.
package struct ZipEntries: RandomAccessCollection, Sendable {
  /// All data of a record except its name.
  private struct Record: Sendable {
    let payload: Range<Int>
    let size: Int
    let crc32: UInt32?
    let method: ZipEntry.Method
  }

  private let file: ByteRegion
  private var records: [Record] = []
  private var names = StringArena()
  private var indexesByName = HashIndex()

  init(of file: ByteRegion) {
    self.file = file
  }

  package var startIndex: Int { 0 }
  package var endIndex: Int { records.count }

  package subscript(index: Int) -> ZipEntry {
    let record = records[index]
    return ZipEntry(
      name: names[index], method: record.method,
      size: record.size, crc32: record.crc32, payload: file.part(record.payload))
  }

  /// The record of this name, compared byte by byte.
  package subscript(name: String) -> ZipEntry? {
    indexesByName.index(hash: name.hashOfUTF8) { names.has(name, at: $0) }.map { self[$0] }
  }

  /// Reserves memory for `count` records, whose names have `nameByteCount` bytes in total.
  mutating func reserveCapacity(_ count: Int, nameByteCount: Int) {
    records.reserveCapacity(count)
    names.makeRoom(for: count, byteCount: nameByteCount)
    indexesByName.reserveCapacity(count) { names.hash(at: $0) }
  }

  /// - Returns: whether the name is new; the entry is not added if it is not.
  mutating func append(_ entry: ZipEntry) -> Bool {
    let known = indexesByName.insertIfAbsent(
      hash: entry.name.hashOfUTF8, where: { names.has(entry.name, at: $0) },
      hashOf: { names.hash(at: $0) })
    guard known == nil else { return false }
    names.append(entry.name)
    let start = entry.payload.fileOffset - file.fileOffset
    records.append(
      Record(
        payload: start..<start + entry.payload.count, size: entry.size, crc32: entry.crc32,
        method: entry.method))
    return true
  }
}
