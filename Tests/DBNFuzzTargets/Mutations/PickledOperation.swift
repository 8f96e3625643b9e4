import DBNTensors
import DBNTestSupport
import DBNTorch

/// An operation of a pickle and its argument, without the count of its bytes.
struct PickledOperation {
  let kind: PickleOperation
  var argument: [UInt8]

  init(_ kind: PickleOperation, _ argument: [UInt8]) {
    self.kind = kind
    self.argument = argument
  }

  /// The operations of the pickles at the start of the bytes, and what follows them.
  static func all(in bytes: [UInt8]) -> (operations: [PickledOperation], rest: ArraySlice<UInt8>) {
    var (operations, reader) = ([PickledOperation](), ByteReader(ByteRegion(bytes)))
    var (ended, end) = (0, 0)
    while let kind = (try? reader.read(UInt8.self)).flatMap({ PickleOperation(rawValue: $0) }) {
      let start = reader.position
      guard (try? reader.skipArgument(of: kind)) != nil else { break }
      operations.append(Self(kind, Array(bytes[start..<reader.position].dropFirst(kind.countSize))))
      if kind == .stop { (ended, end) = (operations.count, reader.position) }
    }
    return (Array(operations.prefix(ended)), bytes[end...])
  }

  var bytes: [UInt8] {
    [kind.rawValue] + littleEndian(UInt64(argument.count)).prefix(kind.countSize) + argument
  }
}

extension PickleOperation {
  /// The size of the count before an argument.
  fileprivate var countSize: Int {
    if case .counted(let number) = argument { number.byteCount } else { 0 }
  }
}
