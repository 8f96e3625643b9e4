import DBNTensors

/// Typed access to the arguments of a call; errors contain the argument's number.
struct PickleArguments {
  let function: String
  private let values: [PickleValue]

  init(of function: String, _ values: [PickleValue]) {
    self.function = function
    self.values = values
  }

  var count: Int { values.count }

  func check(_ counts: ClosedRange<Int>) throws(CheckpointError) {
    guard counts ~= count else {
      throw CheckpointError(.pickleArguments, "\(function) does not take \(count) arguments")
    }
  }

  subscript(index: Int) -> PickleValue { values[index] }

  func text(_ index: Int, _ heap: PickleHeap) throws(CheckpointError) -> String {
    guard let text = heap.text(values[index]) else { throw wrong(index, "text", heap) }
    return text
  }

  func bool(_ index: Int, _ heap: PickleHeap) throws(CheckpointError) -> Bool {
    switch values[index] {
    case .bool(let value): return value
    // PyTorch before 1.0 wrote booleans as integers.
    case .int(let number) where number == 0 || number == 1: return number == 1
    default: throw wrong(index, "a bool", heap)
    }
  }

  func double(_ index: Int, _ heap: PickleHeap) throws(CheckpointError) -> Double {
    switch values[index] {
    case .float(let number): return number
    case .int(let number): return Double(number)
    default: throw wrong(index, "a number", heap)
    }
  }

  func int(_ index: Int, _ heap: PickleHeap) throws(CheckpointError) -> Int {
    guard case .int(let number) = values[index] else { throw wrong(index, "an int", heap) }
    return number
  }

  /// A tuple or list of integers, or a `torch.Size`.
  func ints(_ index: Int, _ heap: PickleHeap) throws(CheckpointError) -> [Int] {
    if case .leaf(let leaf) = values[index], case .size(let size) = heap.leaves[leaf] {
      return size
    }
    var numbers: [Int] = []
    for element in try elements(index, heap) {
      guard case .int(let number) = element else {
        throw wrong(index, "a tuple of ints", "one with \(heap.typeDescription(element))")
      }
      numbers.append(number)
    }
    return numbers
  }

  /// The elements of a tuple or list.
  func elements(_ index: Int, _ heap: PickleHeap) throws(CheckpointError) -> [PickleValue] {
    switch values[index] {
    case .list(let list): return heap.lists[list]
    case .tuple(let tuple): return heap.tuples[tuple]
    default: throw wrong(index, "a tuple", heap)
    }
  }

  func wrong(_ index: Int, _ wanted: String, _ heap: PickleHeap) -> CheckpointError {
    wrong(index, wanted, heap.typeDescription(values[index]))
  }

  private func wrong(_ index: Int, _ wanted: String, _ found: String) -> CheckpointError {
    CheckpointError(
      .pickleArguments, "argument \(index + 1) of \(function) should be \(wanted), not \(found)")
  }
}

extension PickleHeap {
  /// The type of a value, and what distinguishes it from others of the same type, for errors.
  fileprivate func typeDescription(_ value: PickleValue) -> String {
    if case .leaf(let index) = value {
      switch leaves[index] {
      case .largeInt: return "an int of more than 64 bits"
      case .surrogateString: return "text that is not valid Unicode"
      default: break
      }
    }
    return typeName(value)
  }
}
