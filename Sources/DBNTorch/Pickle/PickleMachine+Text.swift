import DBNTensors

/// Operations of protocols 0 and 1, whose arguments are lines of text.
extension PickleMachine {
  /// The largest number of digits in a number, the same as Python's (`int_max_str_digits`), because
  /// parsing takes quadratic time.
  private static let maximumDigits = 4300

  private mutating func readText() throws(CheckpointError) -> String {
    String(decoding: try reader.readLine().array, as: UTF8.self)
  }

  /// INT: an integer, or a boolean as `00` or `01`.
  mutating func pushIntText() throws(CheckpointError) {
    let text = try readText()
    switch text {
    case "00": push(.bool(false))
    case "01": push(.bool(true))
    default: try pushInteger(text)
    }
  }

  /// LONG: an integer with the suffix `L`.
  mutating func pushLongText() throws(CheckpointError) {
    let text = try readText()
    try pushInteger(text.hasSuffix("L") ? text.dropLast() : text[...])
  }

  private mutating func pushInteger(_ text: some StringProtocol) throws(CheckpointError) {
    if let number = Int(text) { return push(.int(number)) }
    let isNegative = text.hasPrefix("-")
    let digits = text.utf8.dropFirst(isNegative ? 1 : 0)
    guard !digits.isEmpty, digits.count <= Self.maximumDigits,
      digits.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 })
    else { throw damaged("an integer") }
    var bytes: [UInt8] = [0]
    for digit in digits { bytes.multiply(by: 10, adding: digit - UInt8(ascii: "0")) }
    // One more byte for the sign.
    bytes.append(0)
    pushInteger(isNegative ? bytes.negated() : bytes)
  }

  mutating func pushFloatText() throws(CheckpointError) {
    guard let number = Double(try readText()) else { throw damaged("a float") }
    push(.float(number))
  }

  /// STRING: bytes in quotes, with escapes; decoded as UTF-8, as in PyTorch.
  mutating func pushQuotedText() throws(CheckpointError) {
    var line = try reader.readLine().array
    guard line.count >= 2, let quote = line.popLast(), quote == line.removeFirst(),
      quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\""),
      let bytes = PickleEscapes.quoted(line),
      let text = String(validating: bytes, as: UTF8.self)
    else { throw damaged("text in quotes") }
    push(heap.string(text))
  }

  /// UNICODE: text in Latin-1, in which all other characters are escaped.
  mutating func pushEscapedText() throws(CheckpointError) {
    guard let text = PickleEscapes.unicode(try reader.readLine().array) else {
      throw damaged("text")
    }
    push(heap.string(text))
  }

  mutating func recallByText() throws(CheckpointError) {
    guard let index = Int(try readText()), index >= 0 else { throw damaged("a number") }
    try recall(at: index)
  }

  mutating func rememberByText() throws(CheckpointError) {
    guard let index = Int(try readText()), index >= 0 else { throw damaged("a number") }
    try remember(at: index)
  }

  private func damaged(_ what: String) -> CheckpointError {
    CheckpointError(
      .invalidText, "a line of the pickle should be \(what)",
      advice: "the file is damaged; get it again")
  }
}

extension [UInt8] {
  /// Multiplies a little-endian magnitude by a factor and adds a digit.
  fileprivate mutating func multiply(by factor: Int, adding digit: UInt8) {
    var carry = Int(digit)
    for index in indices {
      carry += Int(self[index]) * factor
      self[index] = UInt8(truncatingIfNeeded: carry)
      carry >>= 8
    }
    if carry > 0 { append(UInt8(carry)) }
  }

  /// The two's complement.
  fileprivate func negated() -> [UInt8] {
    var carry = 1
    return map { byte in
      carry += Int(~byte)
      defer { carry >>= 8 }
      return UInt8(truncatingIfNeeded: carry)
    }
  }
}
