package import DBNTensors

extension ZipArchive {
  /// The name in the first local header, without reading the directory; nil if there is none.
  package static func firstName(_ file: ByteRegion) -> String? {
    var reader = ByteReader(file)
    guard (try? reader.read(UInt32.self)) == 0x0403_4B50, (try? reader.skip(22)) != nil,
      let count = try? reader.readCount(UInt16.self), (try? reader.skip(2)) != nil,
      let name = try? reader.readRegion(count: count)
    else { return nil }
    return String(validating: name.array, as: UTF8.self)
  }
}
