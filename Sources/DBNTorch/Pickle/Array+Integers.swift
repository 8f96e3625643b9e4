/// Integers of any length, in little-endian two's complement.
extension [UInt8] {
  /// The same integer without the bytes that only repeat its sign.
  func trimmingSignExtension() -> [UInt8] {
    var count = count
    while count > 1 {
      let (last, next) = (self[count - 1], self[count - 2])
      guard (last == 0 && next < 0x80) || (last == 0xFF && next >= 0x80) else { break }
      count -= 1
    }
    return Array(prefix(count))
  }

  /// The integer in at most eight bytes.
  func signExtended() -> Int {
    let fill: UInt64 = last ?? 0 >= 0x80 ? .max : 0
    return Int(bitPattern: UInt(reversed().reduce(fill) { $0 << 8 | UInt64($1) }))
  }
}
