import DBNTensors

/// A value on the pickle machine's stack: small and trivial to copy. Larger values are in a
/// `PickleHeap`, at the given index.
enum PickleValue: Hashable {
  case none
  case bool(Bool)
  case int(Int)
  case float(Double)
  case string(Int)
  /// Bytes, which stay in the file.
  case bytes(Int)
  case list(Int)
  case tuple(Int)
  case set(Int)
  case dictionary(Int)
  /// A finished value: bytes, a complex number, a `torch.Size` or `torch.device`, a large integer,
  /// a tensor.
  case leaf(Int)
  case storage(Int)
  case global(Int)
  /// An object of a class that is not in the table of globals, or such a class.
  case opaque(Int)
  /// An array of NumPy, in place of its object.
  case array(Int)
  /// An object that a `PickleObjectReader` has taken over, by its number there.
  case record(Int)
  /// A value that could not be made, while the machine looks for its key.
  case failed
}

/// The values of one pickle, by kind, which refer to each other by index: so deep pickles need no
/// recursion, and values that contain themselves don't leak memory.
struct PickleHeap {
  var strings: [String] = []
  var byteStrings: [ByteRegion] = []
  var lists: [[PickleValue]] = []
  var tuples: [[PickleValue]] = []
  var sets: [[PickleValue]] = []
  var dictionaries: [PickleDictionary] = []
  var leaves: [CheckpointValue] = []
  var storages: [TorchStorage] = []
  var globals: [PickleGlobal] = []
  var opaques: [PickleOpaque] = []
  private(set) var arrays: [PickledArray] = []
  private var arrayShapes = OneEntryCache<[Int]>()
  /// How many of each kind, counted from the first, must not be freed.
  private(set) var kept = (
    tuples: 0, storages: 0, dictionaries: 0, strings: 0, lists: 0, leaves: 0, opaques: 0, bytes: 0
  )

  mutating func string(_ text: String) -> PickleValue {
    strings.append(text)
    return .string(strings.count - 1)
  }

  mutating func bytes(_ bytes: ByteRegion) -> PickleValue {
    byteStrings.append(bytes)
    return .bytes(byteStrings.count - 1)
  }

  mutating func list(_ elements: [PickleValue] = []) -> PickleValue {
    lists.append(elements)
    return .list(lists.count - 1)
  }

  mutating func tuple(_ elements: [PickleValue]) -> PickleValue {
    tuples.append(elements)
    return .tuple(tuples.count - 1)
  }

  mutating func set(_ elements: [PickleValue] = []) -> PickleValue {
    sets.append(elements)
    return .set(sets.count - 1)
  }

  mutating func dictionary(_ dictionary: PickleDictionary) -> PickleValue {
    dictionaries.append(dictionary)
    return .dictionary(dictionaries.count - 1)
  }

  mutating func leaf(_ value: CheckpointValue) -> PickleValue {
    leaves.append(value)
    return .leaf(leaves.count - 1)
  }

  mutating func storage(_ storage: TorchStorage) -> PickleValue {
    storages.append(storage)
    return .storage(storages.count - 1)
  }

  mutating func global(_ global: PickleGlobal) -> PickleValue {
    globals.append(global)
    return .global(globals.count - 1)
  }

  mutating func opaque(_ opaque: PickleOpaque) -> PickleValue {
    opaques.append(opaque)
    return .opaque(opaques.count - 1)
  }

  /// The array that an object with its state is; nil if it has to stay an object.
  mutating func array(_ object: PickleOpaque) -> PickleValue? {
    guard var array = PickledArray(object, self) else { return nil }
    array.array.shape = arrayShapes.shared(array.array.shape)
    arrays.append(array)
    return .array(arrays.count - 1)
  }

  /// Frees a value without remaining references: a tuple, a storage, a dictionary, a string or bytes. Only
  /// the last value of its kind can be freed, and none before a kept one. That suffices, because a
  /// pickler writes the parts of a tensor right before it.
  ///
  /// A released value was popped from the stack, or is an element of a popped tuple; no operation
  /// pushes an element of a list or a dictionary. The operation that pops it has the only
  /// reference, unless the pickle duplicated or recalled it; then it is kept.
  mutating func release(_ value: PickleValue) {
    switch value {
    case .tuple(tuples.count - 1) where tuples.count > kept.tuples: tuples.removeLast()
    case .storage(storages.count - 1) where storages.count > kept.storages: storages.removeLast()
    case .dictionary(dictionaries.count - 1) where dictionaries.count > kept.dictionaries:
      dictionaries.removeLast()
    case .string(strings.count - 1) where strings.count > kept.strings: strings.removeLast()
    case .bytes(byteStrings.count - 1) where byteStrings.count > kept.bytes:
      byteStrings.removeLast()
    default: break
    }
  }

  /// Keeps a value that several others may refer to, and all values before it, which include the
  /// elements of a tuple. Items added later to lists and dictionaries are never freed.
  mutating func keep(_ value: PickleValue) {
    switch value {
    case .none, .bool, .int, .float, .global, .record, .failed: break
    case .leaf(let index): kept.leaves = max(kept.leaves, index + 1)
    case .string(let index): kept.strings = max(kept.strings, index + 1)
    case .bytes(let index): kept.bytes = max(kept.bytes, index + 1)
    case .array(let index): arrays[index].isRecalled = true
    case .list, .tuple, .set, .dictionary, .storage, .opaque:
      kept = (
        tuples.count, storages.count, dictionaries.count, strings.count, lists.count, leaves.count,
        opaques.count, byteStrings.count
      )
    }
  }

  func text(_ value: PickleValue) -> String? {
    guard case .string(let index) = value else { return nil }
    return strings[index]
  }

  func tensor(_ value: PickleValue) -> Tensor? {
    guard case .leaf(let index) = value else { return nil }
    return leaves[index].tensor
  }

  func dictionary(_ value: PickleValue) -> PickleDictionary? {
    guard case .dictionary(let index) = value else { return nil }
    return dictionaries[index]
  }

  /// The value under a string key, if the given value is a dictionary that has it; otherwise nil.
  func entry(_ name: String, of value: PickleValue?) -> PickleValue? {
    guard let value, let entries = dictionary(value)?.entries else { return nil }
    return entries.last { text($0.key)?.isIdentical(to: name) == true }?.value
  }

  /// The bytes of a `bytes` or `bytearray`; nil for any other value.
  func bytes(_ value: PickleValue) -> ByteRegion? {
    switch value {
    case .bytes(let index): return byteStrings[index]
    case .leaf(let index):
      switch leaves[index] {
      case .bytes(let bytes), .byteArray(let bytes): return ByteRegion(bytes)
      default: return nil
      }
    default: return nil
    }
  }

  /// The object, if the value is one that was called; nil for a class, a function, and every other
  /// value.
  func object(_ value: PickleValue) -> PickleOpaque? {
    guard case .opaque(let index) = value, opaques[index].arguments != nil else { return nil }
    return opaques[index]
  }

  /// The cost of copying the value: the bytes of a string, the elements of a container.
  func size(_ value: PickleValue) -> Int {
    switch value {
    case .string(let index): return strings[index].utf8.count
    case .list(let index): return lists[index].count
    case .tuple(let index): return tuples[index].count
    case .set(let index): return sets[index].count
    case .bytes(let index): return byteStrings[index].count
    case .dictionary(let index): return dictionaries[index].entries.count
    case .leaf(let index):
      guard case .bytes(let bytes) = leaves[index] else { return 1 }
      return bytes.count
    default: return 1
    }
  }

  /// The name of the value's type, for errors.
  func typeName(_ value: PickleValue) -> String {
    switch value {
    case .none: "None"
    case .bool: "bool"
    case .int: "int"
    case .float: "float"
    case .string: "str"
    case .bytes: "bytes"
    case .list: "list"
    case .tuple: "tuple"
    case .set: "set"
    case .dictionary(let index): dictionaries[index].kind.rawValue
    case .leaf(let index): leaves[index].typeName
    case .storage: "storage"
    case .global(let index): globals[index].name
    case .opaque(let index): opaques[index].name
    case .array: "numpy.ndarray"
    case .record: "object"
    case .failed: "nothing"
    }
  }
}

/// A dictionary that is being filled: entries in the order in which they were set, including later
/// ones for the same key. Keys are anything that Python can hash.
struct PickleDictionary {
  var kind: CheckpointDictionary.Kind
  var entries: [(key: PickleValue, value: PickleValue)] = []
  var attributes: [(name: String, value: PickleValue)] = []
}

/// An object that is kept as the name of its class and the constructor arguments.
struct PickleOpaque {
  var name: String
  /// The arguments; nil for the class or function itself.
  var arguments: [PickleValue]?
  var state: PickleValue?
  var elements: [PickleValue] = []
  var entries: [(key: PickleValue, value: PickleValue)] = []
}
