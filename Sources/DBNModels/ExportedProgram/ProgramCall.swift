import DBNTensors

/// A node that is being read; its arguments are taken by name.
///
/// Arguments that the handler does not take are an error in the end: no argument may be silently
/// ignored.
package struct ProgramCall {
  let node: ProgramNode
  /// The name of the operation, without the overload and without the `_` of in-place operations; of
  /// several names the first.
  let operation: String
  /// Whether the result replaces `self`.
  let isInPlace: Bool
  private var arguments: [String: ProgramArgument] = [:]
  private var unused: Set<String>

  private static let namespace = "torch.ops.aten."

  init(_ node: ProgramNode) throws(CheckpointError) {
    self.node = node
    for (name, value) in node.arguments { arguments[name] = value }
    unused = Set(arguments.keys)
    guard node.target.hasPrefix(Self.namespace) else {
      operation = node.target
      isInPlace = false
      return
    }
    let name = node.target.dropFirst(Self.namespace.count).prefix { $0 != "." }
    isInPlace = name.hasSuffix("_") && !name.hasSuffix("__")
    let plain = String(isInPlace ? name.dropLast() : name)
    operation = Self.aliases[plain] ?? plain
  }

  private mutating func argument(_ name: String) -> ProgramArgument? {
    unused.remove(name)
    return has(name) ? arguments[name] : nil
  }

  /// Ignores arguments that have no effect here.
  mutating func ignore(_ names: String...) {
    for name in names { unused.remove(name) }
  }

  func checkAllUsed() throws(CheckpointError) {
    guard let name = unused.filter(has).min() else { return }
    throw unsupported("the argument `\(name)`")
  }

  func unsupported(_ what: String) -> CheckpointError {
    CheckpointError(
      .unsupportedOperation, "\(what) of \(node.target) is not supported",
      advice: "export the model without it, or report it")
  }

  private func wrong(_ name: String) -> CheckpointError {
    .program("the argument `\(name)` of \(node.target) is missing or of the wrong kind")
  }

  /// Whether the argument is given.
  func has(_ name: String) -> Bool {
    guard let argument = arguments[name] else { return false }
    if case .none = argument { return false }
    return true
  }

  /// Whether the argument is a tensor.
  func isTensor(_ name: String) -> Bool {
    if case .tensor? = arguments[name] { true } else { false }
  }

  /// Whether the argument is a size that the program computes.
  func isSize(_ name: String) -> Bool {
    if case .size? = arguments[name] { true } else { false }
  }

  /// Whether the argument is a float.
  func isFloat(_ name: String) -> Bool {
    if case .float? = arguments[name] { true } else { false }
  }

  /// The name of a tensor.
  mutating func tensor(_ name: String = "self") throws(CheckpointError) -> String {
    guard case .tensor(let tensor)? = argument(name) else { throw wrong(name) }
    return tensor
  }

  /// The name of the tensor that is operated on: the argument `input`, which is `self` in other
  /// overloads.
  mutating func input() throws(CheckpointError) -> String {
    guard let input = try optionalTensor("input") else { return try tensor() }
    return input
  }

  mutating func optionalTensor(_ name: String) throws(CheckpointError) -> String? {
    guard let argument = argument(name) else { return nil }
    guard case .tensor(let tensor) = argument else { throw wrong(name) }
    return tensor
  }

  mutating func tensors(_ name: String) throws(CheckpointError) -> [String] {
    guard case .tensors(let tensors)? = argument(name) else { throw wrong(name) }
    return tensors
  }

  /// Tensors, some of which are omitted.
  mutating func optionalTensors(_ name: String) throws(CheckpointError) -> [String?] {
    switch argument(name) {
    case .tensors(let tensors): return tensors
    case .optionalTensors(let tensors): return tensors
    default: throw wrong(name)
    }
  }

  /// A number of any kind; nil if it is a tensor, or missing.
  mutating func number(_ name: String) -> Double? {
    switch argument(name) {
    case .int(let number): return Double(number)
    case .float(let number): return number
    case .bool(let flag): return flag ? 1 : 0
    default:
      if arguments[name] != nil { unused.insert(name) }
      return nil
    }
  }

  mutating func number(_ name: String, default value: Double) throws(CheckpointError) -> Double {
    guard let given = arguments[name] else { return value }
    if case .none = given { return value }
    guard let number = number(name) else { throw wrong(name) }
    return number
  }

  /// Floats; nil if the argument is missing.
  mutating func numbers(_ name: String) throws(CheckpointError) -> [Double]? {
    switch argument(name) {
    case nil: return nil
    case .floats(let numbers): return numbers
    default: throw wrong(name)
    }
  }

  mutating func int(_ name: String, default value: Int? = nil) throws(CheckpointError) -> Int {
    switch argument(name) {
    case .int(let number), .size(.number(let number)): return number
    case nil: return try value.orProgramError("the argument `\(name)` of \(node.target)")
    default: throw wrong(name)
    }
  }

  mutating func bool(_ name: String, default value: Bool) throws(CheckpointError) -> Bool {
    switch argument(name) {
    case .bool(let flag): return flag
    case nil: return value
    default: throw wrong(name)
    }
  }

  mutating func text(_ name: String, default value: String) throws(CheckpointError) -> String {
    switch argument(name) {
    case .string(let text): return text
    case nil: return value
    default: throw wrong(name)
    }
  }

  /// Integers; nil if the argument is missing or empty.
  mutating func ints(_ name: String) throws(CheckpointError) -> [Int]? {
    switch argument(name) {
    case nil: return nil
    case .ints(let numbers): return numbers.isEmpty ? nil : numbers
    case .int(let number): return [number]
    case .sizes(let sizes):
      return try sizes.map { size throws(CheckpointError) in
        guard case .number(let number) = size else {
          throw unsupported("a size that is not fixed in the argument `\(name)`")
        }
        return number
      }
    default: throw wrong(name)
    }
  }

  /// An integer for each of `count` dimensions; a single integer stands for all.
  mutating func ints(
    _ name: String, count: Int, default value: Int? = nil
  ) throws(CheckpointError) -> [Int] {
    guard let numbers = try ints(name) ?? value.map({ [$0] }) else { throw wrong(name) }
    if numbers.count == 1 { return Array(repeating: numbers[0], count: count) }
    guard numbers.count == count else { throw wrong(name) }
    return numbers
  }

  /// Numbers or names of sizes; nil if the argument is missing.
  mutating func sizes(
    _ name: String
  ) throws(CheckpointError) -> [ProgramArgument.ProgramSize]? {
    switch argument(name) {
    case nil: return nil
    case .ints(let numbers): return numbers.map { .number($0) }
    case .sizes(let sizes): return sizes
    case .int(let number): return [.number(number)]
    case .size(let size): return [size]
    default: throw wrong(name)
    }
  }
}
