internal import DBNTensors

/// HDF5's scale-offset filter: of each element the difference from the smallest, in as few bits as
/// the largest difference needs; floats are multiplied by a power of ten and rounded first.
///
/// Source: `H5Z__filter_scaleoffset` and the macros `H5Z_scaleoffset_postdecompress_*` in
/// H5Zscaleoffset.c; HDF5 File Format Specification 3.0, section IV.A.2.l.
struct ScaleOffset: Sendable {
  /// How the numbers of a chunk are restored.
  private enum Scale {
    case integer
    /// Decimal digits after the point.
    case decimal(Int)
  }

  private let scale: Scale
  private let elementCount: Int
  private let byteCount: Int
  private let isBigEndian: Bool
  /// The bits of an element that was never written; nil if the dataset has no fill value.
  private let fill: UInt64?

  /// The bytes before the packed numbers: how many bits each has, and the smallest.
  private static let headByteCount = 21

  /// The indices of the filter's parameters.
  private enum Parameter {
    static let (scaleType, scaleFactor, elementCount) = (0, 1, 2)
    static let (typeClass, byteCount, byteOrder, hasFill, fill) = (3, 4, 6, 7, 8)
  }

  /// - Returns: nil for a scaling that no version of the library has, and for parameters that
  ///   contradict each other.
  init?(_ parameters: [UInt32]) {
    guard parameters.count > Parameter.fill + 1 else { return nil }
    elementCount = Int(parameters[Parameter.elementCount])
    byteCount = Int(parameters[Parameter.byteCount])
    isBigEndian = parameters[Parameter.byteOrder] == 1
    fill =
      parameters[Parameter.hasFill] == 0
      ? nil : UInt64(parameters[Parameter.fill]) | UInt64(parameters[Parameter.fill + 1]) << 32
    switch (parameters[Parameter.typeClass], parameters[Parameter.scaleType]) {
    case (0, 2) where [1, 2, 4, 8].contains(byteCount): scale = .integer
    case (1, 0) where [4, 8].contains(byteCount):
      scale = .decimal(Int(Int32(bitPattern: parameters[Parameter.scaleFactor])))
    default: return nil
    }
  }

  /// Restores the elements of a chunk into the target, which they must fill exactly.
  func undo(
    _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
  ) throws(CheckpointError) {
    let (count, overflow) = elementCount.multipliedReportingOverflow(by: byteCount)
    guard !overflow, count == target.count, source.count >= Self.headByteCount else {
      throw Self.invalid()
    }
    let bitCount = Int(source.loadUnaligned(as: UInt32.self).littleEndian)
    let smallestByteCount = Int(source[4])
    guard bitCount <= byteCount * 8, smallestByteCount <= 16 else { throw Self.invalid() }
    var smallest: UInt64 = 0
    for index in 0..<min(8, smallestByteCount) {
      smallest |= UInt64(source[5 + index]) << UInt64(8 * index)
    }
    let packed = UnsafeRawBufferPointer(rebasing: source[Self.headByteCount...])
    if bitCount == byteCount * 8 {
      guard packed.count >= target.count else { throw Self.invalid() }
      // The bytes of the numbers as they are, in the order of the writer, which is likely little.
      for index in 0..<target.count {
        target[place(index / byteCount, index % byteCount)] = packed[index]
      }
      return
    }
    var reader = BitReader(packed)
    guard reader.has(elementCount, of: bitCount) else { throw Self.invalid() }
    let restore = restoring(smallest, bitCount)
    for element in 0..<elementCount {
      let number = restore(reader.read(bitCount))
      for byte in 0..<byteCount {
        target[place(element, byte)] = UInt8(truncatingIfNeeded: number >> UInt64(8 * byte))
      }
    }
  }

  /// The index of an element's byte, counted from the least significant.
  private func place(_ element: Int, _ byte: Int) -> Int {
    element * byteCount + (isBigEndian ? byteCount - 1 - byte : byte)
  }

  /// The function from a packed number to the bits of the element.
  private func restoring(_ smallest: UInt64, _ bitCount: Int) -> (UInt64) -> UInt64 {
    // All bits set stand for the fill value.
    let mark: UInt64 = (1 << UInt64(bitCount)) - 1
    let fill = fill
    switch (scale, byteCount) {
    case (.integer, _): return { $0 == mark ? fill ?? $0 &+ smallest : $0 &+ smallest }
    case (.decimal(let digits), 4):
      let (power, least) = (
        Float(Self.power(digits)), Float(bitPattern: UInt32(truncatingIfNeeded: smallest))
      )
      return { packed in
        if packed == mark, let fill { return fill }
        let number = Float(Int32(truncatingIfNeeded: packed)) / power + least
        return UInt64(number.bitPattern)
      }
    case (.decimal(let digits), _):
      let (power, least) = (Self.power(digits), Double(bitPattern: smallest))
      return { packed in
        if packed == mark, let fill { return fill }
        return (Double(Int64(truncatingIfNeeded: packed)) / power + least).bitPattern
      }
    }
  }

  /// The power of ten, exact up to 10^22 and for its inverses correctly rounded, as C's `pow` is.
  private static func power(_ exponent: Int) -> Double {
    var power = 1.0
    for _ in 0..<min(400, exponent.magnitude) { power *= 10 }
    return exponent < 0 ? 1 / power : power
  }

  private static func invalid() -> CheckpointError {
    CheckpointError(.invalidChunk, "a chunk is not as long as the scale-offset filter made it")
  }
}
