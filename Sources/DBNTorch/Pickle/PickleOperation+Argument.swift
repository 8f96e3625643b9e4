package import DBNTensors

extension PickleOperation {
  /// The argument that follows an opcode in a pickle.
  package enum Argument: Sendable {
    case nothing
    case number(Number)
    /// A count, followed by as many bytes.
    case counted(Number)
    /// A float of eight bytes, big-endian.
    case float
    /// A number of lines of text.
    case lines(Int)

    /// How the number or the count of bytes is stored; nil if there is none.
    var number: Number? {
      switch self {
      case .number(let number), .counted(let number): number
      case .nothing, .float, .lines: nil
      }
    }
  }

  /// The width of a little-endian integer.
  package enum Number: Sendable {
    case uint1
    case uint2
    case int4
    case uint4
    case uint8

    package var byteCount: Int {
      switch self {
      case .uint1: 1
      case .uint2: 2
      case .int4, .uint4: 4
      case .uint8: 8
      }
    }
  }
}

extension PickleOperation {
  /// The offset of the end of the pickle that the bytes start with; nil if there is none.
  static func end(ofPickleIn bytes: ByteRegion) -> Int? {
    var reader = ByteReader(bytes)
    let operations = byNumber
    do throws(CheckpointError) {
      while true {
        guard let operation = operations[Int(try reader.read(UInt8.self))] else { return nil }
        if operation == .stop { return reader.position }
        try reader.skipArgument(of: operation)
      }
    } catch {
      return nil
    }
  }
}

extension ByteReader {
  /// Reads the number that is an operation's argument, or the count of its argument's bytes.
  mutating func readNumber(of operation: PickleOperation) throws(CheckpointError) -> Int {
    switch operation.argument.number {
    case .uint1: Int(try read(UInt8.self))
    case .uint2: Int(try read(UInt16.self))
    case .int4: Int(try read(Int32.self))
    case .uint4: Int(try read(UInt32.self))
    case .uint8: try readCount(UInt64.self)
    case nil: 0
    }
  }

  /// The same for a number that must be valid as a count.
  mutating func readCount(of operation: PickleOperation) throws(CheckpointError) -> Int {
    let offset = fileOffset
    let count = try readNumber(of: operation)
    guard count >= 0 else {
      throw CheckpointError(.overflow, offset: offset, "\(count) cannot be a size")
    }
    return count
  }

  /// Skips an operation's argument.
  package mutating func skipArgument(of operation: PickleOperation) throws(CheckpointError) {
    switch operation.argument {
    case .nothing: break
    case .number(let number): try skip(number.byteCount)
    case .counted: try skip(readCount(of: operation))
    case .float: try skip(MemoryLayout<Double>.size)
    case .lines(let count):
      for _ in 0..<count { _ = try readLine() }
    }
  }
}
