/// Integers of any length, in two's complement, least byte first.
extension [UInt8] {
  /// The same integer in two's complement without the bytes that only repeat its sign.
  func trimmingSignExtension() -> [UInt8] {
    var count = count
    while count > 1 {
      let (last, next) = (self[count - 1], self[count - 2])
      guard (last == 0 && next < 0x80) || (last == 0xFF && next >= 0x80) else { break }
      count -= 1
    }
    return Array(prefix(count))
  }

  /// At most eight bytes of two's complement, least first.
  func signExtended() -> Int {
    let fill: UInt64 = last ?? 0 >= 0x80 ? .max : 0
    return Int(bitPattern: UInt(reversed().reduce(fill) { $0 << 8 | UInt64($1) }))
  }
}
