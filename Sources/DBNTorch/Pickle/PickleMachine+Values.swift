import DBNTensors

/// Operations that push a plain value, and the memo.
extension PickleMachine {
  mutating func checkProtocol(_ operation: PickleOperation) throws(CheckpointError) {
    let version = try reader.readNumber(of: operation)
    guard version <= 5 else {
      throw CheckpointError(
        .pickleProtocol, "pickle protocol \(version) is newer than 5, the newest that can be read")
    }
  }

  /// FRAME: a number of bytes that a pickler wrote at once, which the file must have.
  mutating func checkFrame(_ operation: PickleOperation) throws(CheckpointError) {
    let count = try reader.readNumber(of: operation)
    guard count <= reader.remaining else {
      throw CheckpointError(
        .truncated,
        "a frame of the pickle should have \(count) bytes, but \(reader.remaining) follow",
        advice: "the file is cut short or damaged; get it again")
    }
    try frame.begin(count, at: reader.position)
  }

  mutating func pushInt(_ operation: PickleOperation) throws(CheckpointError) {
    push(.int(try reader.readNumber(of: operation)))
  }

  /// LONG1 and LONG4: an integer of any length, in two's complement.
  mutating func pushLong(_ operation: PickleOperation) throws(CheckpointError) {
    let count = try reader.readNumber(of: operation)
    guard count >= 0 else {
      throw CheckpointError(.overflow, "\(operation.name) declares an integer of \(count) bytes")
    }
    pushInteger(try reader.readRegion(count: count).array)
  }

  /// Pushes an integer in little-endian two's complement.
  mutating func pushInteger(_ bytes: [UInt8]) {
    let significant = bytes.trimmingSignExtension()
    guard significant.count > 8 else {
      push(.int(significant.signExtended()))
      return
    }
    push(heap.leaf(.largeInt(significant)))
  }

  mutating func pushFloat() throws(CheckpointError) {
    push(.float(Double(bitPattern: try reader.readBigEndian(UInt64.self))))
  }

  mutating func pushText(_ operation: PickleOperation) throws(CheckpointError) {
    let count = try reader.readCount(of: operation)
    let start = reader.position
    do throws(CheckpointError) {
      push(heap.string(try reader.readString(count: count)))
    } catch  where error.code == .invalidText {
      // The text is read again, and skipped, so that the value's key can still be found.
      try reader.seek(to: start)
      let bytes = try reader.readRegion(count: count)
      if operation == .binString || operation == .shortBinString {
        // Python 2's strings are bytes; those of NumPy's arrays are rarely text.
        return push(heap.bytes(bytes))
      }
      guard Surrogates.areValid(bytes.array) else { throw error }
      push(heap.leaf(.surrogateString(bytes.array)))
    }
  }

  mutating func pushBytes(_ operation: PickleOperation) throws(CheckpointError) {
    push(heap.bytes(try reader.readRegion(count: reader.readCount(of: operation))))
  }

  mutating func pushByteArray(_ operation: PickleOperation) throws(CheckpointError) {
    let bytes = try reader.readRegion(count: reader.readCount(of: operation))
    push(heap.leaf(.byteArray(bytes.array)))
  }
}

extension PickleMachine {
  mutating func duplicate() throws(CheckpointError) {
    let value = try top()
    heap.keep(value)
    push(value)
  }

  mutating func remember(_ operation: PickleOperation) throws(CheckpointError) {
    try remember(at: reader.readCount(of: operation))
  }

  mutating func memoise() throws(CheckpointError) {
    try remember(at: memo.end)
  }

  /// Stores the top value in the memo. Picklers number stored values from 0 or 1. A number above
  /// the count of bytes read so far is refused, so that the pickle's size limits the memo's memory.
  mutating func remember(at index: Int) throws(CheckpointError) {
    let value = try top()
    guard index < reader.position else {
      throw CheckpointError(
        .pickleMemo, "the pickle gives a value number \(index), more than the bytes before it")
    }
    if memo.remember(value, at: index) { heap.keep(value) }
  }

  mutating func recall(_ operation: PickleOperation) throws(CheckpointError) {
    try recall(at: reader.readCount(of: operation))
  }

  mutating func recall(at index: Int) throws(CheckpointError) {
    guard let value = memo[index] else {
      throw CheckpointError(
        .pickleMemo, "the pickle recalls value number \(index), which it never stored")
    }
    // The path from the failed value outwards is followed only once.
    push(value == .failed ? .none : value)
  }
}
