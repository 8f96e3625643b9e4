import DBNTensors

/// The position of a record in a new archive, and the bytes around its payload.
struct ZipPlacement: Sendable {
  private let name: String
  let size: Int
  /// The offset of the local header.
  let offset: Int
  /// The size of the padding that aligns the payload.
  private let padding: Int

  /// From this number on, PyTorch's writer uses 64-bit fields.
  private static let limit = Int(UInt32.max)
  private static let localHeaderSize = 30
  /// The identifier and the size of an extra field.
  private static let fieldHeaderSize = 4

  init(_ name: String, _ size: Int, at offset: Int) {
    self.name = name
    self.size = size
    self.offset = offset
    let zip64Size = Self.zip64Numbers(size, offset).count * 8
    let start =
      offset + Self.localHeaderSize + name.utf8.count + Self.fieldHeaderSize
      + (zip64Size > 0 ? Self.fieldHeaderSize + zip64Size : 0)
    padding = (ZipWriter.alignment - start % ZipWriter.alignment) % ZipWriter.alignment
    payloadOffset = start + padding
  }

  let payloadOffset: Int

  /// The offset of the next record.
  var end: Int { payloadOffset + size + descriptorSize }

  /// PyTorch writes none after an empty payload.
  private var descriptorSize: Int { size == 0 ? 0 : isLarge ? 24 : 16 }

  private var isLarge: Bool { size >= Self.limit || offset >= Self.limit }

  /// Bit 3: a descriptor follows; bit 11: the name is UTF-8.
  private var flags: UInt16 { size == 0 ? 0x0800 : 0x0808 }

  /// The local header: sizes and checksum are only in the descriptor and the directory.
  var localHeader: [UInt8] {
    let zip64 = zip64Field
    var header: [UInt8] = []
    header.append(littleEndian: UInt32(0x0403_4B50))
    header.append(littleEndian: UInt16(0))
    header.append(littleEndian: flags)
    // Method, time, date, checksum and sizes.
    header += [UInt8](repeating: 0, count: 18)
    header.append(littleEndian: UInt16(truncatingIfNeeded: name.utf8.count))
    header.append(
      littleEndian: UInt16(truncatingIfNeeded: zip64.count + Self.fieldHeaderSize + padding))
    header += Array(name.utf8) + zip64 + Array("FB".utf8)
    header.append(littleEndian: UInt16(truncatingIfNeeded: padding))
    header += [UInt8](repeating: UInt8(ascii: "Z"), count: padding)
    return header
  }

  /// The bytes after the payload.
  func descriptor(crc32: UInt32) -> [UInt8] {
    guard size > 0 else { return [] }
    var descriptor: [UInt8] = []
    descriptor.append(littleEndian: UInt32(0x0807_4B50))
    descriptor.append(littleEndian: crc32)
    for _ in 0..<2 {
      if isLarge {
        descriptor.append(littleEndian: UInt64(size))
      } else {
        descriptor.append(littleEndian: UInt32(size))
      }
    }
    return descriptor
  }

  /// The record's header in the directory.
  func directoryHeader(crc32: UInt32) -> [UInt8] {
    let zip64 = zip64Field
    var header: [UInt8] = []
    header.append(littleEndian: UInt32(0x0201_4B50))
    header.append(littleEndian: UInt32(0))
    header.append(littleEndian: flags)
    // Method, time and date.
    header += [UInt8](repeating: 0, count: 6)
    header.append(littleEndian: crc32)
    header.append(littleEndian: UInt32(clamping: size))
    header.append(littleEndian: UInt32(clamping: size))
    header.append(littleEndian: UInt16(truncatingIfNeeded: name.utf8.count))
    header.append(littleEndian: UInt16(truncatingIfNeeded: zip64.count))
    // Comment, disk and attributes.
    header += [UInt8](repeating: 0, count: 10)
    header.append(littleEndian: UInt32(clamping: offset))
    return header + Array(name.utf8) + zip64
  }

  /// The extra field 1, with the numbers that do not fit 32 bits.
  private var zip64Field: [UInt8] {
    let numbers = Self.zip64Numbers(size, offset)
    guard !numbers.isEmpty else { return [] }
    var field: [UInt8] = []
    field.append(littleEndian: UInt16(1))
    field.append(littleEndian: UInt16(numbers.count * 8))
    for number in numbers { field.append(littleEndian: UInt64(number)) }
    return field
  }

  private static func zip64Numbers(_ size: Int, _ offset: Int) -> [Int] {
    (size >= limit ? [size, size] : []) + (offset >= limit ? [offset] : [])
  }
}
