/// The contiguous little-endian bytes of a tensor: in a mapped file, in memory, or computed when
/// they are read.
///
/// Two tensors with the same storage *object* are tied: the same parameter under two names. Nothing
/// is read, computed or checked before the bytes are requested.
public final class TensorStorage: Sendable {
  /// Nearly all storages are parts of files, and there can be very many, so that case is stored
  /// inline and the others indirectly.
  private enum Contents {
    case region(ByteRegion)
    indirect case other(any ByteSource)
  }

  private let contents: Contents
  let checksum: StoredChecksum
  /// The file's name for these bytes, for errors.
  let record: String?

  private init(
    _ contents: Contents, _ crc32: UInt32?, _ place: ChecksumPlace, _ record: String?
  ) {
    self.contents = contents
    checksum = StoredChecksum(recorded: crc32, in: place)
    self.record = record
  }

  /// Bytes in memory or in a mapped file.
  ///
  /// - Parameters:
  ///   - crc32: the CRC-32 that the bytes must have, which is compared when they are read; nil if
  ///     there is none.
  ///   - record: the file's name for the bytes, for the error if their CRC-32 differs.
  public convenience init(_ region: ByteRegion, crc32: UInt32? = nil, record: String? = nil) {
    self.init(.region(region), crc32, .archive, record)
  }

  /// The same, for a file that keeps its checksums in `place`.
  package convenience init(
    _ region: ByteRegion, crc32: UInt32?, in place: ChecksumPlace, record: String?
  ) {
    self.init(.region(region), crc32, place, record)
  }

  /// The bytes of any source, with the CRC-32 that the file records for them, if any.
  package convenience init(
    _ source: some ByteSource, crc32: UInt32? = nil, in place: ChecksumPlace = .archive,
    record: String? = nil
  ) {
    self.init(.other(source), crc32, place, record)
  }

  /// Where the bytes come from, before their checksum is compared.
  var source: any ByteSource {
    switch contents {
    case .region(let region): region
    case .other(let source): source
    }
  }

  /// The bytes in place, unchecked; nil unless the storage is a plain region.
  package var region: ByteRegion? {
    guard case .region(let region) = contents else { return nil }
    return region
  }

  /// How many bytes there are, known without reading them.
  public var byteCount: Int {
    switch contents {
    case .region(let region): region.count
    case .other(let source): source.byteCount
    }
  }
}

extension TensorStorage {
  /// The bytes of an array, which are not copied before they are read.
  package convenience init(_ bytes: [UInt8]) {
    self.init(ArrayBytes(array: bytes))
  }

  /// A part of the bytes of `whole`, whose checksum is compared before the part is read.
  package convenience init(_ part: ByteRegion, of whole: TensorStorage) {
    self.init(
      PartOfBytes(part: part, whole: whole), in: whole.checksum.place, record: whole.record)
  }

  /// Bytes that `fill` writes into a zeroed buffer on each read; they are not kept.
  package convenience init(
    computing byteCount: Int,
    _ fill: @escaping @Sendable (UnsafeMutableRawBufferPointer) throws(CheckpointError) -> Void
  ) {
    self.init(ClosureBytes(byteCount: byteCount, body: fill))
  }

  /// Any number of zeros.
  package convenience init(zeros byteCount: Int) {
    self.init(SlabbedBytes(byteCount: byteCount, slabByteCount: 1) { _, _ in })
  }

  /// The elements of `source`, converted piece by piece whenever they are read.
  ///
  /// - Parameter crc32: the CRC-32 of the converted bytes, if the file records it.
  package convenience init(
    _ source: TensorStorage, converting conversion: Conversion, crc32: UInt32? = nil
  ) {
    self.init(
      ConvertedBytes(storage: source, conversion: conversion), crc32: crc32,
      in: source.checksum.place, record: source.record)
  }
}
