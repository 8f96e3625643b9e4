extension TensorStorage {
  /// A conversion of each element of a storage.
  package struct Conversion: Sendable {
    /// The sizes of an element in bytes, before and after.
    let from: Int
    let to: Int
    /// Converts all elements of the source buffer; called for consecutive pieces.
    let convert: @Sendable (RawSpan, UnsafeMutableRawBufferPointer) throws(CheckpointError) -> Void

    package init(
      from: Int, to: Int,
      _ convert:
        @escaping @Sendable (RawSpan, UnsafeMutableRawBufferPointer)
        throws(CheckpointError) -> Void
    ) {
      self.from = from
      self.to = to
      self.convert = convert
    }

    func apply(to bytes: RawSpan) throws(CheckpointError) -> ByteRegion {
      try ByteRegion(byteCount: bytes.byteCount / from * to) { target throws(CheckpointError) in
        try convert(bytes, target)
      }
    }
  }
}

extension TensorStorage.Conversion {
  /// Reverses the byte order of every run of `byteCount` bytes: of each number, or of each part of
  /// a complex number.
  package static func swappingBytes(of byteCount: Int) -> Self {
    Self(from: byteCount, to: byteCount) { bytes, target in
      switch byteCount {
      case 2: swap(bytes, UInt16.self, into: target)
      case 4: swap(bytes, UInt32.self, into: target)
      case 8: swap(bytes, UInt64.self, into: target)
      default: bytes.withUnsafeBytes { target.copyMemory(from: $0) }
      }
    }
  }
}

private func swap<Number: FixedWidthInteger & BitwiseCopyable>(
  _ bytes: RawSpan, _ type: Number.Type, into target: UnsafeMutableRawBufferPointer
) {
  for start in stride(from: 0, to: bytes.byteCount, by: MemoryLayout<Number>.size) {
    let number = bytes.unsafeLoadUnaligned(fromByteOffset: start, as: type)
    target.storeBytes(of: number.byteSwapped, toByteOffset: start, as: type)
  }
}
