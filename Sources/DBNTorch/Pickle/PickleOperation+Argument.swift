import DBNTensors

extension PickleOperation {
  /// What follows an operation's number in a pickle.
  enum Argument: Sendable {
    case nothing
    case number(Number)
    /// A count, and as many bytes.
    case counted(Number)
    /// A float of eight bytes, the highest first.
    case float
    /// A number of lines of text.
    case lines(Int)

    /// How a number, or the count of bytes, is stored; nil where there is none.
    var number: Number? {
      switch self {
      case .number(let number), .counted(let number): number
      case .nothing, .float, .lines: nil
      }
    }
  }

  /// An integer with its lowest byte first, of as many bytes as its name says.
  enum Number: Sendable {
    case uint1
    case uint2
    case int4
    case uint4
    case uint8

    var byteCount: Int {
      switch self {
      case .uint1: 1
      case .uint2: 2
      case .int4, .uint4: 4
      case .uint8: 8
      }
    }
  }
}

extension ByteReader {
  /// Reads the number that is an operation's argument, or the count of the bytes that are.
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

  /// The same of a number that counts something.
  mutating func readCount(of operation: PickleOperation) throws(CheckpointError) -> Int {
    let offset = fileOffset
    let count = try readNumber(of: operation)
    guard count >= 0 else {
      throw CheckpointError(.overflow, offset: offset, "\(count) cannot be a size")
    }
    return count
  }

  /// Skips an operation's argument.
  mutating func skipArgument(of operation: PickleOperation) throws(CheckpointError) {
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
