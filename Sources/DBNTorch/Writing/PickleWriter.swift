import DBNTensors

/// Writes a checkpoint's tree as a pickle of protocol 2, with the operations and names that
/// `torch.load(weights_only=True)` accepts and `torch.save` uses.
///
/// Tensors refer to storages by number; tied ones share a number, as they do in PyTorch.
struct PickleWriter {
  /// The pickle of a tree, and the tensors that it refers to.
  struct Pickle {
    private var bytes: [UInt8]
    /// The tensors whose bytes are the records `data/0`, `data/1`, ...
    let tensors: [Tensor]
    let losses: [ConversionReport.Item]

    fileprivate init(_ writer: PickleWriter) {
      bytes = writer.bytes
      tensors = writer.records.tensors
      losses = writer.losses
    }

    /// Moves the bytes out, to be freed once written: they precede the tensors, and can be many.
    mutating func takeBytes() -> TensorStorage {
      defer { bytes = [] }
      return TensorStorage(bytes)
    }
  }

  /// The protocol that `torch.save` uses.
  private static let protocolVersion = 2

  private var bytes: [UInt8] = []
  var losses: [ConversionReport.Item] = []
  let allowsLosses: Bool
  /// The path of the value being written.
  var path = EntryPath()
  /// The ranges of operations whose values, strings and globals, are in the memo, by memo number.
  private var remembered: [Range<Int>] = []
  private var numbers = HashIndex()
  /// The number of each distinct tensor's record. Different views of one storage never share a
  /// record: PyTorch can't read two types from one, and loading gives as many storages as here.
  private var records = TensorInterner()

  /// - Throws: `cannotBeWritten` with the key of a value that a `.pth` file can't contain;
  ///   `limitExceeded`.
  static func pickle(
    _ root: CheckpointValue, allowsLosses: Bool
  ) throws(CheckpointError) -> Pickle {
    Pickle(try PickleWriter(root, allowsLosses: allowsLosses))
  }

  private init(_ root: CheckpointValue, allowsLosses: Bool) throws(CheckpointError) {
    self.allowsLosses = allowsLosses
    put(.proto, Self.protocolVersion)
    if let refusal = refusal(of: root) { throw refusal }
    try write(root, depth: 0)
    put(.stop)
  }

  /// The number of the record for a tensor's bytes.
  mutating func record(of tensor: Tensor) -> Int {
    records.add(tensor) ?? records.tensors.count - 1
  }
}

extension PickleWriter {
  /// The number of bytes that a tensor and its name usually take.
  private static let usualEntryByteCount = 128

  /// Reserves capacity for this many entries at once: a growing array is in memory twice while it
  /// is moved, and memory that is reserved but not used costs nothing.
  mutating func makeRoom(for entryCount: Int) {
    bytes.makeRoom(for: entryCount * Self.usualEntryByteCount)
  }
}

/// Operations and their arguments.
extension PickleWriter {
  mutating func put(_ operation: PickleOperation) {
    bytes.append(operation.rawValue)
  }

  mutating func put(_ flag: Bool) {
    put(flag ? .newTrue : .newFalse)
  }

  mutating func put(_ number: Int) {
    if UInt8(exactly: number) != nil {
      put(.binInt1, number)
    } else if UInt16(exactly: number) != nil {
      put(.binInt2, number)
    } else if Int32(exactly: number) != nil {
      put(.binInt, number)
    } else {
      put(.long1, MemoryLayout<Int>.size)
      bytes.append(littleEndian: number)
    }
  }

  /// Writes an operation and its argument: a number, or the count of bytes that will follow.
  private mutating func put(_ operation: PickleOperation, _ number: Int) {
    put(operation)
    let byteCount = operation.argument.number?.byteCount ?? 0
    withUnsafeBytes(of: number.littleEndian) { bytes += $0.prefix(byteCount) }
  }

  /// Writes an integer of at most 255 significant bytes, in as few as possible.
  mutating func put(large bytes: [UInt8]) {
    let significant = bytes.trimmingSignExtension()
    if significant.count <= 8 { return put(significant.signExtended()) }
    put(.long1, significant.count)
    self.bytes += significant
  }

  mutating func put(_ number: Double) {
    put(.binFloat)
    bytes.append(bigEndian: number.bitPattern)
  }

  /// Writes a string without storing it in the memo.
  mutating func put(once text: String) {
    put(.binUnicode, text.utf8.count)
    bytes += text.utf8
  }

  /// Writes text that is not UTF-8 as Python encodes it.
  mutating func put(text bytes: [UInt8]) {
    put(.binUnicode, bytes.count)
    self.bytes += bytes
  }

  mutating func put(_ text: String) {
    let start = bytes.count
    put(once: text)
    remember(from: start)
  }

  /// Writes a function or class by its path: `torch._utils._rebuild_tensor_v2`.
  mutating func put(global path: String) {
    let start = bytes.count
    let dot = path.lastIndex(of: ".") ?? path.startIndex
    put(.global)
    bytes += path[..<dot].utf8
    bytes.append(UInt8(ascii: "\n"))
    bytes += path[dot...].utf8.dropFirst()
    bytes.append(UInt8(ascii: "\n"))
    remember(from: start)
  }

  /// Writes a tuple of plain integers.
  mutating func put(_ numbers: [Int]) {
    if numbers.count > 3 { put(.mark) }
    for number in numbers { put(number) }
    closeTuple(of: numbers.count)
  }

  /// Makes a tuple of the values just written; if there are more than three, a mark was written
  /// before them.
  mutating func closeTuple(of count: Int) {
    switch count {
    case 0: put(.emptyTuple)
    case 1: put(.tuple1)
    case 2: put(.tuple2)
    case 3: put(.tuple3)
    default: put(.tuple)
    }
  }

  /// Stores the value of the operation that starts here and was just written in the memo; if it was
  /// written before, recalls it instead.
  private mutating func remember(from start: Int) {
    let operation = start..<bytes.count
    let known = numbers.insertIfAbsent(
      hash: Self.hash(bytes[operation]),
      where: { bytes[remembered[$0]] == bytes[operation] },
      hashOf: { Self.hash(bytes[remembered[$0]]) })
    if let known {
      bytes.removeSubrange(operation)
      put(UInt8(exactly: known) == nil ? .longBinGet : .binGet, known)
    } else {
      put(UInt8(exactly: remembered.count) == nil ? .longBinPut : .binPut, remembered.count)
      remembered.append(operation)
    }
  }

  private static func hash(_ operation: ArraySlice<UInt8>) -> Int {
    operation.span.bytes.hashOfBytes
  }
}
