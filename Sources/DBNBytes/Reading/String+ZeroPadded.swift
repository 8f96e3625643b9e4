/// Texts of a fixed length, filled up with zeros: NumPy's types `S` and `U`.
extension String {
  /// UTF-8 without the zeros at its end; nil if it is not valid.
  package init?(zeroPaddedUTF8 bytes: [UInt8]) {
    let end = bytes.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
    self.init(validating: bytes[..<end], as: UTF8.self)
  }

  /// UTF-32 without the zeros at its end; nil if it is not valid.
  package init?(zeroPaddedUTF32 bytes: [UInt8], isBigEndian: Bool) {
    var numbers: [UInt32] = []
    for start in stride(from: 0, to: bytes.count - bytes.count % 4, by: 4) {
      let unit = bytes[start..<start + 4]
      numbers.append(
        (isBigEndian ? Array(unit) : unit.reversed()).reduce(0) { $0 << 8 | UInt32($1) })
    }
    let end = numbers.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
    self.init(validating: numbers[..<end], as: UTF32.self)
  }
}
