import DBNTensors

extension PickleOpcode {
  /// What follows an operation's code in the pickle.
  enum Argument {
    case bytes(Int)
    /// A count of so many bytes, and as many bytes as it says.
    case counted(Int)
    case lines(Int)
  }

  static let recallShort: UInt8 = 0x68
  static let recallLong: UInt8 = 0x6A
  static let recallByText: UInt8 = 0x67

  /// The argument of each operation by its code; nil for what is none.
  /// Source: CPython's `Lib/pickletools.py`.
  static let arguments: [Argument?] = {
    var table: [Argument?] = Array(repeating: nil, count: 256)
    for (argument, codes) in codesByArgument {
      for code in codes { table[Int(code)] = argument }
    }
    return table
  }()

  private static let codesByArgument: [(Argument, [UInt8])] = [
    (
      .bytes(0),
      [
        0x28, 0x29, 0x2E, 0x30, 0x31, 0x32, 0x4E, 0x51, 0x52, 0x5D, 0x61, 0x62, 0x64, 0x65, 0x6C,
        0x6F, 0x73, 0x74, 0x75, 0x7D, 0x81, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8F, 0x90, 0x91, 0x92,
        0x93, 0x94, 0x97, 0x98,
      ]
    ),
    (.bytes(1), [0x4B, recallShort, 0x71, 0x80, 0x82]),
    (.bytes(2), [0x4D, 0x83]),
    (.bytes(4), [0x4A, recallLong, 0x72, 0x84]),
    (.bytes(8), [0x47, 0x95]),
    (.counted(1), [0x43, 0x55, 0x8A, 0x8C]),
    (.counted(4), [0x42, 0x54, 0x58, 0x8B]),
    (.counted(8), [0x8D, 0x8E, 0x96]),
    (.lines(1), [0x46, 0x49, 0x4C, 0x50, 0x53, 0x56, recallByText, 0x70]),
    (.lines(2), [0x63, 0x69]),
  ]
}

extension ByteReader {
  /// Passes over the argument of a pickle's operation.
  mutating func skip(_ argument: PickleOpcode.Argument) throws(CheckpointError) {
    switch argument {
    case .bytes(let count): try skip(count)
    case .counted(1): try skip(readCount(UInt8.self))
    case .counted(4): try skip(readCount(UInt32.self))
    case .counted: try skip(readCount(UInt64.self))
    case .lines(let count):
      for _ in 0..<count { _ = try readLine() }
    }
  }
}
