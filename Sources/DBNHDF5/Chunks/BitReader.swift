internal import DBNTensors

/// Reads unsigned numbers of any number of bits from a stream in which the most significant bit of
/// each byte, and of each number, comes first, as HDF5's n-bit and scale-offset filters pack them.
struct BitReader {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  /// Whether the stream has so many numbers of so many bits left.
  func has(_ count: Int, of bitCount: Int) -> Bool {
    let (needed, overflow) = count.multipliedReportingOverflow(by: bitCount)
    return !overflow && needed <= bytes.count * 8 - position
  }

  /// - Parameter bitCount: 0 to 64 bits, which the stream must have.
  mutating func read(_ bitCount: Int) -> UInt64 {
    var (number, left) = (0 as UInt64, bitCount)
    while left > 0 {
      let (byte, used) = (bytes[position / 8], position % 8)
      let count = min(left, 8 - used)
      let part = (byte << UInt8(used)) >> UInt8(8 - count)
      number = number << UInt64(count) | UInt64(part)
      position += count
      left -= count
    }
    return number
  }
}
