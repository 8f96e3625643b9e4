import DBNTensors

/// Interprets a pickle as far as checkpoints need it: it builds values and can't call arbitrary
/// code.
///
/// The operations are those of PyTorch's `weights_only` loading and the harmless ones of later
/// protocols; the names are those in `PickleGlobal.table`. After an error the machine continues
/// with `failed` in place of the value, only to find the key that the value has.
/// Source: CPython's `Lib/pickletools.py`, PyTorch's `torch/_weights_only_unpickler.py`.
struct PickleMachine {
  var reader: ByteReader
  var stack: [PickleValue] = []
  /// The sizes of the stack at the marks that are still open.
  var marks: [Int] = []
  var memo: PickleMemo
  var heap = PickleHeap()
  var tensors: TensorBuilder
  var failure: PickleFailure?
  /// Takes over objects as soon as they are complete, if there is one.
  var objectReader: (any PickleObjectReader)?
  /// Which classes outside the table are kept by name.
  let opaqueNames: OpaqueNames
  var frame = PickleFrame()
  /// Whether the pickle is in a file inside another pickle, in which there can be no further ones.
  var isNested = false
  /// The total size of all arguments of calls so far.
  private var argumentSize = 0
  /// How many operations there were so far, and how many failed.
  private var operationCount = 0
  var failedOperationCount = 0
  private let budget: Budget

  init(
    _ pickle: ByteRegion, tensors: TensorBuilder, opaqueNames: OpaqueNames = .known
  ) {
    reader = ByteReader(pickle)
    budget = Budget.current(for: pickle)
    memo = PickleMemo(for: pickle)
    self.tensors = tensors
    self.opaqueNames = opaqueNames
  }

  /// Runs the pickle to its end and returns its value.
  mutating func run() throws(CheckpointError) -> PickleValue {
    let value = try run(atMost: budget.left(for: .operations))
    try budget.spend(operationCount, on: .operations)
    return value
  }

  private mutating func run(atMost limit: Int) throws(CheckpointError) -> PickleValue {
    let operations = PickleOperation.byNumber
    while true {
      operationCount += 1
      guard operationCount <= limit else { throw failure?.error ?? budget.error(.operations) }
      let (offset, start) = (reader.fileOffset, reader.position)
      let number: UInt8
      do throws(CheckpointError) {
        number = try reader.read(UInt8.self)
      } catch {
        throw failure?.error ?? error
      }
      let operation = operations[Int(number)]
      do throws(CheckpointError) {
        guard let operation else { throw Self.unknownOperation(number) }
        if failure != nil, try trace(operation) { continue }
        if operation == .stop { return try finish() }
        try operation.run(&self)
        try frame.check(from: start, to: reader.position)
      } catch {
        try recover(from: error, in: operation, at: offset)
      }
    }
  }

  private mutating func finish() throws(CheckpointError) -> PickleValue {
    let result = try pop()
    guard stack.isEmpty, marks.isEmpty else {
      throw CheckpointError(.pickleStack, "the pickle ends with values left over")
    }
    memo.removeAll()
    return result
  }
}

extension PickleMachine {
  private static func unknownOperation(_ number: UInt8) -> CheckpointError {
    CheckpointError(
      .pickleOpcode, "0x\(String(number, radix: 16)) is not a pickle operation")
  }

  /// Refuses an operation that no checkpoint needs; its argument is skipped.
  mutating func refuse(_ operation: PickleOperation) throws(CheckpointError) {
    try reader.skipArgument(of: operation)
    throw CheckpointError(
      .pickleOpcode,
      "the pickle operation \(operation.name) is not one that checkpoints of weights use",
      advice: "save it again with torch.save, as a state dict")
  }

  /// Counts the sizes of a call's arguments. A pickler writes each argument once, but a file could
  /// pass one large value to many calls, each of which would copy it; so the sum is limited to 16
  /// times the bytes read.
  mutating func charge(_ arguments: [PickleValue]) throws(CheckpointError) {
    for argument in arguments { argumentSize += heap.size(argument) }
    guard argumentSize / 16 <= reader.position else {
      throw CheckpointError(
        .limitExceeded, "the pickle passes far more data to functions than it contains")
    }
  }

  mutating func push(_ value: PickleValue) {
    stack.append(value)
  }

  /// Pops the top value, but never a value below the last mark.
  mutating func pop() throws(CheckpointError) -> PickleValue {
    guard stack.count > marks.last ?? 0, let value = stack.popLast() else { throw underflow }
    return value
  }

  func top() throws(CheckpointError) -> PickleValue {
    guard stack.count > marks.last ?? 0, let value = stack.last else { throw underflow }
    return value
  }

  mutating func pop(_ count: Int) throws(CheckpointError) -> [PickleValue] {
    guard stack.count - (marks.last ?? 0) >= count else { throw underflow }
    let values = Array(stack.suffix(count))
    stack.removeLast(count)
    return values
  }

  /// Pops all values above the last mark, and the mark.
  mutating func popMark() throws(CheckpointError) -> [PickleValue] {
    guard let mark = marks.popLast() else {
      throw CheckpointError(.pickleStack, "the pickle closes a group that it did not open")
    }
    let values = Array(stack[mark...])
    stack.removeLast(values.count)
    return values
  }

  private var underflow: CheckpointError {
    CheckpointError(.pickleStack, "the pickle uses a value that is not there")
  }
}
