import Tensors

/// The records of an archive, made when they are asked for: an archive can have very many.
package struct ZipEntries: RandomAccessCollection, Sendable {
  /// What is known of a record but for its name.
  private struct Record: Sendable {
    let payload: Range<Int>
    let size: Int
    let crc32: UInt32?
    let method: ZipEntry.Method
  }

  private let file: ByteRegion
  private var records: [Record] = []
  private var names = Names()
  private var places = PlaceIndex()

  init(of file: ByteRegion) {
    self.file = file
  }

  package var startIndex: Int { 0 }
  package var endIndex: Int { records.count }

  package subscript(place: Int) -> ZipEntry {
    let record = records[place]
    return ZipEntry(
      name: String(decoding: names[place], as: UTF8.self), method: record.method,
      size: record.size, crc32: record.crc32, payload: file.part(record.payload))
  }

  /// The record of this name, byte by byte the same.
  package subscript(name: String) -> ZipEntry? {
    let name = Array(name.utf8)[...]
    return places.place(hash: name.hashOfBytes) { names[$0] == name }.map { self[$0] }
  }

  /// Makes room for so many, whose names together have so many bytes.
  mutating func reserveCapacity(_ count: Int, nameByteCount: Int) {
    records.reserveCapacity(count)
    names.reserveCapacity(count, byteCount: nameByteCount)
    places.reserveCapacity(count) { names[$0].hashOfBytes }
  }

  /// - Returns: whether the name is new; the entry is not added if it is not.
  mutating func append(_ entry: ZipEntry) -> Bool {
    let name = Array(entry.name.utf8)[...]
    let known = places.enter(
      hash: name.hashOfBytes, where: { names[$0] == name },
      hashOf: { names[$0].hashOfBytes })
    guard known == nil else { return false }
    names.append(name)
    let start = entry.payload.fileOffset - file.fileOffset
    records.append(
      Record(
        payload: start..<start + entry.payload.count, size: entry.size, crc32: entry.crc32,
        method: entry.method))
    return true
  }
}

/// Texts in UTF-8, one behind the other.
private struct Names: Sendable {
  private var utf8: [UInt8] = []
  private var ends: [Int] = []

  subscript(index: Int) -> ArraySlice<UInt8> {
    utf8[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
  }

  mutating func reserveCapacity(_ count: Int, byteCount: Int) {
    utf8.reserveCapacity(byteCount)
    ends.reserveCapacity(count)
  }

  mutating func append(_ name: ArraySlice<UInt8>) {
    utf8 += name
    ends.append(utf8.count)
  }
}
