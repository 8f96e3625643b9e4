/// A zip archive assembled record by record, so that a test can break one thing at a time.
public struct Archive: Sendable {
  public struct Record: Sendable {
    public var name: [UInt8]
    public var payload: [UInt8]
    public var method: UInt16 = 0
    /// PyTorch's flags: a descriptor follows the content, names are UTF-8.
    public var flags: UInt16 = 0x0808
    public var crc32: UInt32
    public var size: Int
    public var compressedSize: Int
    /// The name in the local header, if different.
    public var localName: [UInt8]?
    /// The record's offset in the directory, if different from the actual one.
    public var offset: Int?

    /// A stored record; a checksum of 0 means none, as in PyTorch's archives.
    public init(_ name: String, _ content: [UInt8], crc32: UInt32 = 0) {
      self.name = Array(name.utf8)
      payload = content
      self.crc32 = crc32
      size = content.count
      compressedSize = content.count
    }

    /// The same content as a deflate stream of stored blocks.
    public var deflated: Record {
      var record = self
      record.payload = []
      var rest = payload[...]
      repeat {
        let block = rest.prefix(Int(UInt16.max))
        rest = rest.dropFirst(block.count)
        let count = UInt16(block.count)
        record.payload += [rest.isEmpty ? 1 : 0] + littleEndian(count) + littleEndian(~count)
        record.payload += block
      } while !rest.isEmpty
      record.method = 8
      record.compressedSize = record.payload.count
      return record
    }
  }

  public var records: [Record]
  /// Whether sizes, offsets and counts are 64-bit fields, whatever their values.
  public var isZip64 = false

  public init(_ records: [Record]) {
    self.records = records
  }

  /// The archive's bytes.
  public var bytes: [UInt8] {
    var file: [UInt8] = []
    var directory: [UInt8] = []
    for record in records {
      directory += header(of: record, at: record.offset ?? file.count)
      file += localHeader(of: record) + record.payload
    }
    return file + directory + end(records.count, directory.count, at: file.count)
  }

  /// The local header: like PyTorch's, without sizes and checksum.
  public func localHeader(of record: Record) -> [UInt8] {
    let name = record.localName ?? record.name
    var header = littleEndian(UInt32(0x0403_4B50))
    header += littleEndian(UInt16(0))
    header += littleEndian(record.flags)
    header += littleEndian(record.method)
    header += [UInt8](repeating: 0, count: 16)
    header += littleEndian(UInt16(name.count))
    header += littleEndian(UInt16(4))
    header += name
    header += [0x46, 0x42, 0, 0]
    return header
  }

  /// The directory's header.
  public func header(of record: Record, at offset: Int) -> [UInt8] {
    let extra = isZip64 ? zip64Field(of: record, at: offset) : []
    var header = littleEndian(UInt32(0x0201_4B50))
    header += [0, 0, 0, 0]
    header += littleEndian(record.flags)
    header += littleEndian(record.method)
    header += [0, 0, 0, 0]
    header += littleEndian(record.crc32)
    header += littleEndian(isZip64 ? .max : UInt32(truncatingIfNeeded: record.compressedSize))
    header += littleEndian(isZip64 ? .max : UInt32(truncatingIfNeeded: record.size))
    header += littleEndian(UInt16(record.name.count))
    header += littleEndian(UInt16(extra.count))
    header += [UInt8](repeating: 0, count: 10)
    header += littleEndian(isZip64 ? .max : UInt32(truncatingIfNeeded: offset))
    header += record.name
    header += extra
    return header
  }

  private func zip64Field(of record: Record, at offset: Int) -> [UInt8] {
    var field: [UInt8] = [1, 0, 24, 0]
    for number in [record.size, record.compressedSize, offset] { field += littleEndian(number) }
    return field
  }

  /// The end records of a directory.
  public func end(_ count: Int, _ size: Int, at offset: Int) -> [UInt8] {
    var end = isZip64 ? zip64End(count, size, at: offset) : []
    end += littleEndian(UInt32(0x0605_4B50))
    end += [0, 0, 0, 0]
    end += littleEndian(UInt16(clamping: count))
    end += littleEndian(UInt16(clamping: count))
    end += littleEndian(UInt32(clamping: size))
    end += littleEndian(UInt32(clamping: offset))
    end += [0, 0]
    return end
  }

  private func zip64End(_ count: Int, _ size: Int, at offset: Int) -> [UInt8] {
    var end = littleEndian(UInt32(0x0606_4B50))
    end += littleEndian(44)
    end += [45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    for number in [count, count, size, offset] { end += littleEndian(number) }
    end += littleEndian(UInt32(0x0706_4B50))
    end += [0, 0, 0, 0]
    end += littleEndian(offset + size)
    end += [1, 0, 0, 0]
    return end
  }
}

/// The number's bytes, least significant first.
public func littleEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
  withUnsafeBytes(of: number.littleEndian) { Array($0) }
}
