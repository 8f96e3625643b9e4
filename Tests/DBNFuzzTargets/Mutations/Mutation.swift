import DBNHDF5
import DBNTensors
import DBNTestSupport
import DBNZip

/// Changes bytes so that more than their first checks is reached: the records of an archive, the
/// operations of a pickle, the header of safetensors, and HDF5 with right checksums.
public struct Mutation {
  /// libFuzzer's own change of bytes, with the most that there may be afterwards.
  public typealias Plain = ([UInt8], Int) -> [UInt8]

  let plain: Plain
  let limit: Int
  var generator: SeededGenerator

  public init(seed: UInt64, limit: Int, plain: @escaping Plain) {
    generator = SeededGenerator(seed)
    self.limit = limit
    self.plain = plain
  }

  /// The changed bytes. Every fifth change knows nothing of formats.
  public mutating func changed(_ bytes: [UInt8]) -> [UInt8] {
    let result = number(5) == 0 ? plain(bytes, limit) : structured(bytes)
    return result.count <= limit ? result : plain(bytes, limit)
  }

  mutating func structured(_ bytes: [UInt8]) -> [UInt8] {
    let region = ByteRegion(bytes)
    if ZipArchive.recognises(region), let archive = try? ZipArchive(region) {
      return archive.entries.isEmpty ? plain(bytes, limit) : changed(archive)
    }
    if HDF5Checkpoint.recognises(region) {
      // Mending takes as long as reading: with every change mended, fewer in all reach less.
      let changed = plain(bytes, limit)
      return number(3) == 0 ? changed.mendingHDF5() : changed
    }
    if bytes.first == 0x80 { return changedPickles(bytes) }
    if bytes.count > 8, bytes[8] == UInt8(ascii: "{") { return changedHeader(bytes) }
    return plain(bytes, limit)
  }

  /// A header of safetensors, after its length.
  private func changedHeader(_ bytes: [UInt8]) -> [UInt8] {
    var reader = ByteReader(ByteRegion(bytes))
    guard let count = try? reader.readCount(UInt64.self),
      let header = try? reader.readRegion(count: count).array
    else { return plain(bytes, limit) }
    let changed = plain(header, limit)
    return littleEndian(changed.count) + changed + bytes[reader.position...]
  }

  /// 0 ..< `limit`.
  mutating func number(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &generator) }
}
