import DBNTensors

/// Writes a checkpoint's tree as a pickle of protocol 2, with the operations and names that
/// `torch.load(weights_only=True)` accepts and `torch.save` uses.
///
/// Tensors refer to storages by number; tied ones share a number, as they do in PyTorch.
struct PickleWriter {
  /// The pickle of a tree, and what goes with it.
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

    /// Moves the bytes out. They are written before the tensors, and can be many.
    mutating func takeBytes() -> TensorStorage {
      defer { bytes = [] }
      return TensorStorage(bytes)
    }
  }

  /// What `torch.save` writes.
  private static let protocolVersion = 2

  private var bytes: [UInt8] = []
  var losses: [ConversionReport.Item] = []
  let allowsLosses: Bool
  /// The path of the value that is being written.
  var path = EntryPath()
  /// The operations in the pickle whose values, texts and globals, are in the memo, by their
  /// numbers there.
  private var remembered: [Range<Int>] = []
  private var numbers = HashIndex()
  /// The number of each distinct tensor's record. Different views of one storage never share one:
  /// PyTorch can't read two types in one, and what is read back has as many storages as this.
  private var records = TensorInterner()

  /// - Throws: `cannotBeWritten` with the key of what a `.pth` file can't hold, `limitExceeded`.
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
  /// Bytes that a tensor with its name usually takes.
  private static let usualEntryByteCount = 128

  /// Makes room for this many entries at once: an array that grows is in memory twice while it is
  /// moved, and memory that is reserved but not used costs nothing.
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

  /// An operation and its argument: a number, or the count of bytes that are to follow.
  private mutating func put(_ operation: PickleOperation, _ number: Int) {
    put(operation)
    let byteCount = operation.argument.number?.byteCount ?? 0
    withUnsafeBytes(of: number.littleEndian) { bytes += $0.prefix(byteCount) }
  }

  /// An integer of at most 255 significant bytes, in as few as it needs.
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

  /// A text, without remembering it.
  mutating func put(once text: String) {
    put(.binUnicode, text.utf8.count)
    bytes += text.utf8
  }

  mutating func put(_ text: String) {
    let start = bytes.count
    put(once: text)
    remember(from: start)
  }

  /// A function or class, by its path: `torch._utils._rebuild_tensor_v2`.
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

  /// A tuple of plain integers.
  mutating func put(_ numbers: [Int]) {
    if numbers.count > 3 { put(.mark) }
    for number in numbers { put(number) }
    closeTuple(of: numbers.count)
  }

  /// Makes a tuple of the values just written; if they are more than three, a mark was written
  /// before.
  mutating func closeTuple(of count: Int) {
    switch count {
    case 0: put(.emptyTuple)
    case 1: put(.tuple1)
    case 2: put(.tuple2)
    case 3: put(.tuple3)
    default: put(.tuple)
    }
  }

  /// Remembers the value of the operation that begins here and was just written; if it was
  /// written before, recalls that instead.
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
