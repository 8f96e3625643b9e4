import DBNTensors

/// The first error in a pickle, and the known keys from the failed value outwards.
struct PickleFailure {
  enum Step {
    case key(String)
    case index(Int)
  }

  private let cause: CheckpointError
  /// The keys and indices, innermost first.
  private var path: [Step] = []

  init(_ cause: CheckpointError) {
    self.cause = cause
  }

  mutating func wrap(_ step: Step) {
    path.append(step)
  }

  /// Drops indices into a tuple that was the arguments of a call and not a value.
  mutating func unwrapArguments() {
    while case .index = path.last { path.removeLast() }
  }

  /// The original error, with the path of keys as its name.
  var error: CheckpointError {
    let names = path.reversed().map { step in
      switch step {
      case .key(let key): key
      case .index(let index): "\(index)"
      }
    }
    return names.isEmpty ? cause : cause.with(name: names.joined(separator: "/"))
  }
}

extension PickleMachine {
  /// How many further errors there may be until the key of the first is known: a pickle can consist
  /// of them, and each takes as long as a hundred operations.
  private static let mostFailedOperations = 1000

  /// Pushes `failed` instead of the operation's result, so that later operations reveal its key.
  mutating func recover(
    from error: CheckpointError, in operation: PickleOperation?, at offset: Int
  ) throws(CheckpointError) {
    var cause = error
    cause.offset = cause.offset ?? offset
    let isFirst = failure == nil
    if isFirst { failure = PickleFailure(cause) }
    // What is no operation costs as much as many errors: a file that was filled up with zeros is no
    // pickle any more.
    failedOperationCount += operation == nil ? Self.mostFailedOperations / 8 : 1
    // After these errors the rest of the pickle can't be followed.
    let isLost =
      [.pickleStack, .pickleFrame, .truncated].contains(error.code)
      || failedOperationCount > Self.mostFailedOperations
    if isLost || operation == .stop { throw failure?.error ?? cause }
    if operation?.changesTop == true { _ = try? pop() }
    push(isFirst ? .failed : .none)
  }

  /// Propagates a failed value through the operation that takes it.
  ///
  /// - Returns: whether there was a failed value; if not, the operation must be run.
  mutating func trace(_ operation: PickleOperation) throws(CheckpointError) -> Bool {
    switch operation {
    case .stop: throw failure?.error ?? CheckpointError(.pickleStack, "the pickle failed")
    case .setItem: return traceItems(count: 2, isMapping: true)
    case .setItems: return traceItems(count: nil, isMapping: true)
    case .append: return traceItems(count: 1, isMapping: false)
    case .appends, .addItems: return traceItems(count: nil, isMapping: false)
    case .dict: return traceItems(count: nil, isMapping: true, below: 0)
    case .tuple1: return traceTuple(1)
    case .tuple2: return traceTuple(2)
    case .tuple3: return traceTuple(3)
    case .tuple, .list: return traceTuple(nil)
    case .reduce, .newObj, .build: return traceCall(2)
    case .newObjEx: return traceCall(3)
    case .inst: return try traceNamedCall(operation)
    case .obj: return traceCall(nil)
    case .binPersID: return traceCall(1)
    default: return false
    }
  }

  /// - Parameter below: 1 if the items are added to a target below them on the stack.
  private mutating func traceItems(count: Int?, isMapping: Bool, below: Int = 1) -> Bool {
    guard let values = takeIfFailed(count, below: below), let target = values.first else {
      return false
    }
    let items = values.dropFirst(below)
    if let position = items.firstIndex(of: .failed).map({ $0 - items.startIndex }) {
      let step = isMapping ? key(of: position, in: items) : .index(elementCount(target) + position)
      if let step { failure?.wrap(step) }
    }
    push(.failed)
    return true
  }

  private func key(of position: Int, in items: ArraySlice<PickleValue>) -> PickleFailure.Step? {
    guard position % 2 == 1 else { return nil }
    switch items[items.startIndex + position - 1] {
    case .int(let number): return .key("\(number)")
    case let value: return heap.text(value).map { .key($0) }
    }
  }

  private func elementCount(_ target: PickleValue) -> Int {
    guard case .list(let index) = target else { return 0 }
    return heap.lists[index].count
  }

  private mutating func traceTuple(_ count: Int?) -> Bool {
    guard let values = takeIfFailed(count, below: 0) else { return false }
    if let position = values.firstIndex(of: .failed) { failure?.wrap(.index(position)) }
    push(.failed)
    return true
  }

  /// Traces a call whose class name is the operation's argument.
  private mutating func traceNamedCall(
    _ operation: PickleOperation
  ) throws(CheckpointError) -> Bool {
    guard traceCall(nil) else { return false }
    try reader.skipArgument(of: operation)
    return true
  }

  private mutating func traceCall(_ count: Int?) -> Bool {
    guard takeIfFailed(count, below: 0) != nil else { return false }
    failure?.unwrapArguments()
    push(.failed)
    return true
  }

  /// Pops the operands if a failed value is among them: `count` values, or all above the mark, and
  /// `below` more.
  private mutating func takeIfFailed(_ count: Int?, below: Int) -> [PickleValue]? {
    guard let mark = count.map({ stack.count - $0 }) ?? marks.last else { return nil }
    let floor = (count == nil ? marks.dropLast() : marks[...]).last ?? 0
    let start = mark - below
    guard start >= floor, stack[start...].contains(.failed) else { return nil }
    if count == nil { marks.removeLast() }
    let values = Array(stack[start...])
    stack.removeLast(values.count)
    return values
  }
}
