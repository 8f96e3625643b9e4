import DBNTensors

/// NumPy's arrays of text and of Python objects, which are no tensors: read as lists, nested for
/// several dimensions, as `tolist` gives them.
extension CheckpointTree {
  /// Nil for arrays of other types, and for those whose content does not have the size of their
  /// shape.
  mutating func list(_ array: NumPyParts) throws(CheckpointError) -> Converted? {
    switch array.type.kind {
    case "U", "S": return try textList(array)
    case "O": return try objectList(array)
    default: return nil
    }
  }

  /// The most elements of text that are read: class names and the like are far fewer.
  private static let largestTextArray = 1 << 20

  private mutating func textList(_ array: NumPyParts) throws(CheckpointError) -> Converted? {
    guard array.leastValueCount <= Self.largestTextArray, array.type.byteCount > 0,
      let count = try? Tensor.byteCount(of: .uint8, shape: array.shape + [array.type.byteCount]),
      let bytes = heap.arrayBytes(array.data, count: count)
    else { return nil }
    var texts: [CheckpointValue] = []
    for start in stride(from: 0, to: count, by: array.type.byteCount) {
      let element = try bytes.slice(from: start, count: array.type.byteCount).array
      guard let text = array.type.text(element) else { return nil }
      texts.append(.string(text))
    }
    if !array.shape.isEmpty { readClasses.add("numpy.ndarray of text", as: "a list", at: name) }
    return try nested(texts, array, strides: array.strides)
  }

  private mutating func objectList(_ array: NumPyParts) throws(CheckpointError) -> Converted? {
    guard case .list(let index) = array.data, array.elementCount == heap.lists[index].count,
      array.leastValueCount <= max(1, heap.lists[index].count)
    else { return nil }
    readClasses.add("numpy.ndarray of objects", as: "a list", at: name)
    var sum = Sum()
    let values = try children(heap.lists[index], &sum)
    // Objects are in row-major order, whatever the order of the array.
    return try nested(values, array, strides: array.shape.contiguousStrides, sum)
  }

  private func nested(
    _ elements: [CheckpointValue], _ array: NumPyParts, strides: [Int], _ inner: Sum = Sum()
  ) throws(CheckpointError) -> Converted {
    var sum = inner
    sum.height += array.shape.count
    try checkDepth(sum.height)
    try count(array.leastValueCount + array.elementCount, &sum)
    return sum.converted(list(elements, array.shape[...], strides[...], from: 0))
  }

  /// Recurses as deep as the array has dimensions.
  private func list(
    _ elements: [CheckpointValue], _ shape: ArraySlice<Int>, _ strides: ArraySlice<Int>,
    from start: Int
  ) -> CheckpointValue {
    guard let size = shape.first, let stride = strides.first else { return elements[start] }
    return .list(
      (0..<size).map {
        list(elements, shape.dropFirst(), strides.dropFirst(), from: start + $0 * stride)
      })
  }

  /// What stands for an array of a type that is neither a tensor nor a list.
  mutating func unreadable(
    _ array: NumPyParts, _ object: PickleOpaque
  ) throws(CheckpointError) -> Converted {
    let converted = try opaque(object)
    guard case .opaque(var value) = converted.value else { return converted }
    value.name = "NumPy array"
    value.unreadableReason =
      "is a NumPy array of \(array.type.description), which is no tensor: \(array.type.advice)"
    return Converted(value: .opaque(value), count: converted.count, height: converted.height)
  }
}

/// What a pickled array consists of, whatever its type.
struct NumPyParts {
  let type: NumPyTypeName
  let shape: [Int]
  let isColumnMajor: Bool
  let data: PickleValue

  /// Nil for an object that is no array, for a type that tensors can have, and for a shape that no
  /// array has.
  init?(_ object: PickleOpaque, _ heap: PickleHeap) {
    guard object.name.hasPrefix("numpy."), let arguments = object.arguments else { return nil }
    let fields: PickleArguments
    switch object.name.split(separator: ".").last {
    case "scalar" where arguments.count == 2:
      guard let type = NumPyTypeName(arguments[0], heap) else { return nil }
      (self.type, shape, isColumnMajor, data) = (type, [], false, arguments[1])
      return
    case "_reconstruct":
      guard let state = object.state, case .tuple(let index) = state,
        heap.tuples[index].count == 5
      else { return nil }
      fields = PickleArguments(of: object.name, heap.tuples[index])
    default: return nil
    }
    guard let type = NumPyTypeName(fields[2], heap), let shape = try? fields.ints(1, heap),
      shape.allSatisfy({ $0 >= 0 }), shape.count <= TensorView.maximumRank,
      (try? Tensor.byteCount(of: .uint8, shape: shape.map { max(1, $0) })) != nil,
      let isColumnMajor = try? fields.bool(3, heap)
    else { return nil }
    (self.type, self.shape, self.isColumnMajor) = (type, shape, isColumnMajor)
    data = fields[4]
  }

  var elementCount: Int { shape.reduce(1, *) }

  /// How many values nested lists of this shape have at least, empty ones too.
  var leastValueCount: Int { shape.reduce(1) { $0 * max(1, $1) } }

  var strides: [Int] {
    isColumnMajor
      ? Array(Array(shape.reversed()).contiguousStrides.reversed()) : shape.contiguousStrides
  }
}

/// A type that no tensor has, by its name in a pickle: `U3`, `O8` or `M8`, which is `dtype.str`
/// without the order of bytes.
struct NumPyTypeName {
  let kind: Character
  let byteCount: Int
  private let isBigEndian: Bool

  init?(_ value: PickleValue, _ heap: PickleHeap) {
    guard let object = heap.object(value), object.name.hasPrefix("numpy.dtype"),
      let first = object.arguments?.first, let name = heap.text(first), let kind = name.first,
      NumPyType.byName[name] == nil,
      let number = Int(name.dropFirst()), 0...Self.largest ~= number
    else { return nil }
    self.kind = kind
    byteCount = kind == "U" ? number * 4 : number
    var order = "<"
    if let state = object.state, case .tuple(let index) = state, heap.tuples[index].count > 1 {
      order = heap.text(heap.tuples[index][1]) ?? order
    }
    isBigEndian = order == ">"
  }

  /// The most characters of an element of text.
  private static let largest = 1 << 24

  /// An element of text without the zeros at its end; nil if it is not valid Unicode.
  func text(_ bytes: [UInt8]) -> String? {
    kind == "S"
      ? String(zeroPaddedUTF8: bytes) : String(zeroPaddedUTF32: bytes, isBigEndian: isBigEndian)
  }

  var description: String {
    switch kind {
    case "M": "dates (datetime64)"
    case "m": "times (timedelta64)"
    case "V": "records or raw bytes"
    case "O": "Python objects"
    case "U", "S": "text that can't be read"
    default: "the type \(kind)\(byteCount)"
    }
  }

  var advice: String {
    switch kind {
    case "M", "m": "save array.astype('int64')"
    case "V": "save each of its fields by itself"
    default: "save array.tolist()"
    }
  }
}
