import DBNTensors

/// Finds the names in a pickle without making its values: it follows which operations take which
/// values only to know the keys that a name stands under, and the texts that STACK_GLOBAL takes.
///
/// So it also gets through pickles that can't be read. It takes time and memory in proportion to the
/// pickle. Source: CPython's `Lib/pickletools.py`.
struct PickleNameScan {
  /// A value on the stack, as far as it matters.
  enum Value {
    case other
    case mark
    /// Text or a number, whose operation is at this position.
    case constant(UInt32)
    /// A value that has names in it.
    case node(Int32)
  }

  /// A name, or a value that has names in it.
  struct Node {
    /// The value that it is in; 0 if it is in none yet.
    var parent: Int32 = 0
    /// Its key there.
    var key = Value.other
    /// The index of the name among those that were found; nil for other values.
    var name: Int?
  }

  let pickle: ByteRegion
  /// Where offsets are counted from.
  let origin: Int
  var reader: ByteReader
  var stack: [Value] = []
  var memo: [Int: Value] = [:]
  /// The numbers that are recalled, sorted, which alone are remembered; nil if that is not known.
  let recalled: [Int]?
  /// One above the highest number in the memo, which MEMOIZE uses next.
  var memoEnd = 0
  /// The first is no node.
  var nodes = [Node()]
  var names: [(name: PickledName, node: Int32)] = []
  /// The index of each name, by its path.
  var known: [String: Int] = [:]
  var omitted = 0
  /// Pickles in the pickle, as bytes or text, and where their offsets are counted from.
  var inner: [(bytes: ByteRegion, origin: Int, node: Int32)] = []
  private var frame = PickleFrame()
  /// The second value of the pair that the last operation made: what `getattr` is called with.
  var lastOfPair: Value?

  /// The most values on the stack, in the memo, and with names: more than any checkpoint has.
  private static let mostValues = 1 << 22

  /// - Parameter origin: the offset in the file of what offsets are counted from.
  init(_ pickle: ByteRegion, from origin: Int) {
    self.pickle = pickle
    self.origin = origin
    recalled = PickleMemo.numbersRecalled(in: pickle)
    reader = ByteReader(pickle)
  }

  /// Goes through the operations up to the end of the pickle.
  ///
  /// - Throws: for an operation that does not exist, or whose argument is cut off. What was found up
  ///   to it stays.
  mutating func run() throws(CheckpointError) {
    let operations = PickleOperation.byNumber
    while true {
      let start = reader.position
      guard let operation = operations[Int(try reader.read(UInt8.self))] else {
        throw CheckpointError(.pickleOpcode, "there is no operation at byte \(start)")
      }
      if operation == .stop { return }
      try follow(operation, at: start)
      try checkFrame(operation, at: start)
      guard max(stack.count, memo.count, nodes.count) <= Self.mostValues else {
        throw CheckpointError(.limitExceeded, "the pickle has too many values at byte \(start)")
      }
    }
  }

  private mutating func checkFrame(
    _ operation: PickleOperation, at start: Int
  ) throws(CheckpointError) {
    do throws(CheckpointError) {
      guard operation == .frame else {
        return try frame.check(from: start, to: reader.position)
      }
      var argument = reader
      try argument.seek(to: start + 1)
      try frame.begin(argument.readCount(of: operation), at: reader.position)
    } catch {
      throw CheckpointError(error.code, "\(error.reason) (at byte \(start))")
    }
  }

  /// The names, with the keys that they stand under.
  var found: [PickledName] {
    names.map { found in
      var name = found.name
      name.entry = entry(of: found.node)
      return name
    }
  }

  /// The most steps from a value to the root.
  private static let deepest = 1000

  /// The keys from the root to a value, joined with `/`.
  func entry(of node: Int32) -> String? {
    var (keys, node, steps) = ([String](), node, 0)
    while node != 0, steps < Self.deepest {
      if let key = text(of: nodes[Int(node)].key, orNumber: true) { keys.append(key) }
      node = nodes[Int(node)].parent
      steps += 1
    }
    return keys.isEmpty ? nil : keys.reversed().joined(separator: "/")
  }
}
