import DBNTensors

/// Writes a checkpoint's tree as a pickle of protocol 2, with the operations and names that
/// `torch.load(weights_only=True)` accepts and `torch.save` uses.
///
/// Tensors refer to storages by number; tied ones share a number, as they do in PyTorch.
struct PickleWriter {
  /// What is written of a tree.
  struct Pickle {
    private var bytes: [UInt8]
    /// Those whose bytes are the contents of `data/0`, `data/1`, ...
    let tensors: [Tensor]
    let losses: [ConversionReport.Item]

    fileprivate init(_ writer: PickleWriter) {
      bytes = writer.bytes
      tensors = writer.records.tensors
      losses = writer.losses
    }

    /// Hands the pickle over: of very many tensors it is long, and it is written before they are.
    mutating func takeBytes() -> TensorStorage {
      defer { bytes = [] }
      return TensorStorage(bytes)
    }
  }

  private var bytes: [UInt8] = []
  var losses: [ConversionReport.Item] = []
  let allowsLosses: Bool
  /// Where the value that is being written stands.
  var path = EntryPath()
  /// Where in the pickle the operations are whose values are remembered, texts and globals, by their
  /// numbers in the memo.
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
    put(.proto)
    bytes.append(2)
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

  /// Makes room for so many entries at once: an array that grows is there twice when it moves, and
  /// memory that is reserved and not used costs nothing.
  mutating func makeRoom(for entryCount: Int) {
    bytes.makeRoom(for: entryCount * Self.usualEntryByteCount)
  }
}

/// Operations, by their names in CPython's `pickletools`.
extension PickleWriter {
  enum Operation: UInt8 {
    case proto = 0x80
    case stop = 0x2E
    case mark = 0x28
    case none = 0x4E
    case newTrue = 0x88
    case newFalse = 0x89
    case binInt = 0x4A
    case binInt1 = 0x4B
    case binInt2 = 0x4D
    case long1 = 0x8A
    case binFloat = 0x47
    case binUnicode = 0x58
    case emptyTuple = 0x29
    case tuple1 = 0x85
    case tuple2 = 0x86
    case tuple3 = 0x87
    case tuple = 0x74
    case emptyList = 0x5D
    case append = 0x61
    case appends = 0x65
    case emptyDict = 0x7D
    case setItem = 0x73
    case setItems = 0x75
    case binGet = 0x68
    case longBinGet = 0x6A
    case binPut = 0x71
    case longBinPut = 0x72
    case global = 0x63
    case reduce = 0x52
    case build = 0x62
    case binPersID = 0x51
  }

  mutating func put(_ operation: Operation) {
    bytes.append(operation.rawValue)
  }

  mutating func put(_ flag: Bool) {
    put(flag ? .newTrue : .newFalse)
  }

  mutating func put(_ number: Int) {
    if let byte = UInt8(exactly: number) {
      put(.binInt1)
      bytes.append(byte)
    } else if let short = UInt16(exactly: number) {
      put(.binInt2)
      bytes.append(littleEndian: short)
    } else if let int = Int32(exactly: number) {
      put(.binInt)
      bytes.append(littleEndian: int)
    } else {
      put(.long1)
      bytes.append(8)
      bytes.append(littleEndian: number)
    }
  }

  /// An integer of at most 255 bytes that matter, in as few as it needs.
  mutating func put(large bytes: [UInt8]) {
    let significant = bytes.trimmingSignExtension()
    if significant.count <= 8 { return put(significant.signExtended()) }
    put(.long1)
    self.bytes.append(UInt8(truncatingIfNeeded: significant.count))
    self.bytes += significant
  }

  mutating func put(_ number: Double) {
    put(.binFloat)
    bytes.append(bigEndian: number.bitPattern)
  }

  /// A text, without remembering it.
  mutating func put(once text: String) {
    put(.binUnicode)
    bytes.append(littleEndian: UInt32(truncatingIfNeeded: text.utf8.count))
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

  /// Makes a tuple of the values just written; before more than three a mark must stand.
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
      put(known, short: .binGet, long: .longBinGet)
    } else {
      put(remembered.count, short: .binPut, long: .longBinPut)
      remembered.append(operation)
    }
  }

  private static func hash(_ operation: ArraySlice<UInt8>) -> Int {
    operation.span.bytes.hashOfBytes
  }

  private mutating func put(_ index: Int, short: Operation, long: Operation) {
    if let byte = UInt8(exactly: index) {
      put(short)
      bytes.append(byte)
    } else {
      put(long)
      bytes.append(littleEndian: UInt32(truncatingIfNeeded: index))
    }
  }
}
