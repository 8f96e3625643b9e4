import DBNTensors

/// Converts the values of a pickle, which may refer to each other arbitrarily, to a tree.
///
/// Each container is converted once, however often it is reached; its size counts every time. A
/// reference back to a container that is being converted is cut there.
struct CheckpointTree {
  struct Converted {
    let value: CheckpointValue
    /// The number of values in it, including itself.
    var count = 1
    /// The number of nested levels of containers, including itself.
    var height = 0
  }

  var heap: PickleHeap
  /// Whether storages have their numbers with the most significant byte first.
  let isBigEndian: Bool
  /// Whether objects of known classes are read as what they stand for.
  let readsObjects: Bool
  /// The classes of a TorchScript program; nil for other files.
  let script: ScriptClasses?
  private let shared: [ObjectIdentifier: TensorView]
  private let droppedAttributes: [Int: [String]]
  private var known: [PickleValue: Converted] = [:]
  /// The same for values inside opaque ones, where objects are not read as what they stand for.
  private var knownInside: [PickleValue: Converted] = [:]
  /// How many opaque values are being converted.
  var opaqueDepth = 0
  /// The containers that are being converted, with the lengths of their paths.
  private var open: [PickleValue: Int] = [:]
  /// What stands for those containers inside themselves, made once for each.
  private var cuts: [PickleValue: Converted] = [:]
  var path: [String] = []
  private var attributeNotes: [Guidance] = []
  private var overlaps = TensorOverlaps()
  /// How many values the tree may have; what it has is charged when it is complete.
  let budget: Budget
  let valueLimit: Int
  /// How many bytes the names may still have that are kept for notes: of tensors that share bytes.
  private var nameRoom: Int
  /// The classes whose objects were read as something else.
  var readClasses = ReadClasses()
  /// The modules that were read as state dicts.
  var modules = ReadModules()

  init(
    _ heap: PickleHeap, _ tensors: TensorBuilder, readsObjects: Bool = true,
    script: ScriptClasses? = nil, budget: Budget
  ) {
    self.heap = heap
    self.budget = budget
    valueLimit = budget.left(for: .values)
    nameRoom = budget.left(for: .text)
    self.readsObjects = readsObjects
    self.script = script
    isBigEndian = tensors.isBigEndian
    shared = tensors.shared
    droppedAttributes = tensors.droppedAttributes
  }

  mutating func convert(_ root: PickleValue) throws(CheckpointError) -> CheckpointValue {
    try converted(root).value
  }

  /// Recurses at most `CheckpointLimits.depth` levels.
  mutating func converted(_ value: PickleValue) throws(CheckpointError) -> Converted {
    switch value {
    case .none, .record, .failed: Converted(value: .none)
    case .bool(let flag): Converted(value: .bool(flag))
    case .int(let number): Converted(value: .int(number))
    case .float(let number): Converted(value: .float(number))
    case .string(let index): Converted(value: .string(heap.strings[index]))
    case .bytes(let index): Converted(value: .bytes(heap.byteStrings[index].array))
    case .leaf(let index): try leaf(index)
    case .storage(let index): Converted(value: .tensor(try tensor(of: heap.storages[index])))
    case .global(let index): Converted(value: named(heap.globals[index]))
    case .array(let index) where !heap.arrays[index].isRecalled: try array(index)
    case .list, .tuple, .set, .dictionary, .opaque, .array: try container(value)
    }
  }

  private mutating func leaf(_ index: Int) throws(CheckpointError) -> Converted {
    let value = heap.leaves[index]
    if let tensor = value.tensor { try note(tensor, index) }
    return Converted(value: value)
  }

  private mutating func note(_ tensor: Tensor, _ leaf: Int) throws(CheckpointError) {
    if let view = shared[ObjectIdentifier(tensor.storage)] {
      nameRoom -= path.reduce(0) { $0 + $1.utf8.count + 1 }
      guard nameRoom >= 0 else { throw budget.error(.text).with(name: name) }
      overlaps.add(view, name: name)
    }
    for attribute in droppedAttributes[leaf] ?? [] {
      attributeNotes.append(
        "'\(name.visible())': the tensor's attribute '\(attribute)' is not carried over")
    }
  }

  var name: String { path.joined(separator: "/") }

  /// A constant, or a class or function as an opaque value.
  private func named(_ global: PickleGlobal) -> CheckpointValue {
    global.value ?? .opaque(OpaqueValue(global.name))
  }

  /// A storage that no tensor is a view of, as a tensor of one dimension.
  private func tensor(of storage: TorchStorage) throws(CheckpointError) -> Tensor {
    let type = storage.type.scalarType ?? .uint8
    var view = TensorView(wholeOf: storage.key, type, [storage.elements.count])
    view.offset = storage.elements.lowerBound
    var builder = TensorBuilder(ArraySource(isBigEndian: isBigEndian, storage.bytes))
    return try builder.tensor(view, in: storage)
  }

  private mutating func container(_ value: PickleValue) throws(CheckpointError) -> Converted {
    if let converted = opaqueDepth == 0 ? known[value] : knownInside[value] {
      try checkDepth(converted.height)
      return converted
    }
    try checkDepth(1)
    if let length = open[value] { return cut(value, length) }
    open[value] = path.count
    defer { open[value] = nil }
    let converted = try contents(of: value)
    if opaqueDepth == 0 { known[value] = converted } else { knownInside[value] = converted }
    return converted
  }

  /// What stands for a container inside itself. Its argument is the path of the container, so that
  /// two such values can be compared.
  private mutating func cut(_ value: PickleValue, _ length: Int) -> Converted {
    if let known = cuts[value] { return known }
    let path = path.prefix(length).joined(separator: "/")
    var result = OpaqueValue.unreadable(
      heap.typeName(value),
      "is the \(heap.typeName(value)) that contains it, which no file can hold: save it without that "
        + "reference")
    result.arguments = [.string(path)]
    let cut = Converted(value: .opaque(result))
    cuts[value] = cut
    return cut
  }

  func checkDepth(_ height: Int) throws(CheckpointError) {
    guard open.count + height <= CheckpointLimits.depth else {
      throw failure(
        .limitExceeded, "is nested more than \(CheckpointLimits.depth) levels deep",
        advice: "save it with fewer levels")
    }
  }

  /// Runs `body` unless the value is being converted already: then its result is nil.
  mutating func opening<Result>(
    _ value: PickleValue, _ body: (inout Self) throws(CheckpointError) -> Result
  ) throws(CheckpointError) -> Result? {
    try checkDepth(1)
    guard open[value] == nil else { return nil }
    open[value] = path.count
    defer { open[value] = nil }
    return try body(&self)
  }

  private mutating func contents(of value: PickleValue) throws(CheckpointError) -> Converted {
    switch value {
    case .list(let index): try sequence(heap.lists[index]) { .list($0) }
    case .tuple(let index): try sequence(heap.tuples[index]) { .tuple($0) }
    case .set(let index): try sequence(heap.sets[index]) { .set($0) }
    case .dictionary(let index): try dictionary(heap.dictionaries[index])
    case .opaque(let index): try object(heap.opaques[index])
    case .array(let index): try array(index)
    default: Converted(value: .none)
    }
  }

  func failure(
    _ code: CheckpointError.Code, _ reason: String, advice: Guidance
  ) -> CheckpointError {
    CheckpointError(code, name: path.isEmpty ? nil : name, reason, advice: advice)
  }
}

extension CheckpointTree {
  /// What the user should know about how the values were read.
  var notes: [Guidance] { attributeNotes + overlaps.notes + modules.notes + readClasses.notes }
}
