import DBNTensors

/// NumPy's numbers and arrays.
///
/// Source: `numpy/_core/src/multiarray/methods.c` (`array_reduce`, `array_setstate`), `scalartypes`
/// (`gentype_reduce`), `descriptor.c` (`arraydescr_reduce`), `numpy/_core/numeric.py`
/// (`_frombuffer`).
extension CheckpointTree {
  /// The number, text, list or tensor that the object stands for; what can't be read for an array
  /// of another type; nil for any other object.
  mutating func numPyValue(_ object: PickleOpaque) throws(CheckpointError) -> Converted? {
    guard object.name.hasPrefix("numpy."), let arguments = object.arguments else { return nil }
    if let number = try numberOrTensor(object, arguments) { return number }
    guard let array = NumPyParts(object, heap) else { return nil }
    if let list = try list(array) { return list }
    return try unreadable(array, object)
  }

  private mutating func numberOrTensor(
    _ object: PickleOpaque, _ arguments: [PickleValue]
  ) throws(CheckpointError) -> Converted? {
    switch object.name.split(separator: ".").last {
    case "scalar": return try numPyScalar(object.name, arguments)
    case "_reconstruct":
      guard let array = NumPyArray(reconstructing: object, heap) else { return nil }
      return try tensor(array)
    case "_frombuffer":
      guard let array = NumPyArray(fromBuffer: arguments, heap) else { return nil }
      return try tensor(array)
    default: return nil
    }
  }

  /// `scalar(dtype, bytes)`.
  private mutating func numPyScalar(
    _ function: String, _ arguments: [PickleValue]
  ) throws(CheckpointError) -> Converted? {
    guard arguments.count == 2, let type = NumPyType(arguments[0], heap),
      let bytes = heap.arrayBytes(arguments[1], count: type.scalarType.byteCount)
    else { return nil }
    let array = NumPyArray(type: type, shape: [], isColumnMajor: false, bytes: bytes)
    let number = try array.tensor().numPyScalar()
    let what = number.map { withArticle($0.typeName) }
    readClasses.add("numpy.\(type.scalarType.name)", as: what ?? "a tensor", at: name)
    if let number { return Converted(value: number) }
    return Converted(value: .tensor(try array.tensor()))
  }

  /// The tensor that an array is, or its object where objects are not read as what they stand for.
  mutating func array(_ index: Int) throws(CheckpointError) -> Converted {
    let array = heap.arrays[index]
    guard readsObjects, opaqueDepth == 0 else { return try opaque(array.object(in: &heap)) }
    return try tensor(array.array)
  }

  private mutating func tensor(_ array: NumPyArray) throws(CheckpointError) -> Converted {
    readClasses.add("numpy.ndarray", as: "a tensor", at: name)
    do throws(CheckpointError) {
      return Converted(value: .tensor(try array.tensor()))
    } catch {
      throw error.with(name: name)
    }
  }
}

/// `numpy.dtype(name, False, True)` with its state `(version, byte order, ...)`.
struct NumPyType {
  let scalarType: ScalarType
  let isBigEndian: Bool

  static let byName: [String: ScalarType] = [
    "b1": .bool, "i1": .int8, "i2": .int16, "i4": .int32, "i8": .int64, "u1": .uint8,
    "u2": .uint16, "u4": .uint32, "u8": .uint64, "f2": .float16, "f4": .float32, "f8": .float64,
    "c8": .complex64, "c16": .complex128,
  ]

  /// Returns nil for text, objects, dates, records and every other type that tensors can't have.
  init?(_ value: PickleValue, _ heap: PickleHeap) {
    guard let object = heap.object(value), object.name.hasPrefix("numpy.dtype"),
      let first = object.arguments?.first
    else { return nil }
    if let name = heap.text(first), let type = Self.byName[name] {
      scalarType = type
    } else if case .opaque(let index) = first, heap.opaques[index].name.hasPrefix("ml_dtypes."),
      let type = heap.opaques[index].name.split(separator: ".").last
        .flatMap({ ScalarType(rawValue: String($0)) })
    {
      scalarType = type
    } else {
      return nil
    }
    var order = "<"
    if let state = object.state, case .tuple(let index) = state, heap.tuples[index].count > 1 {
      order = heap.text(heap.tuples[index][1]) ?? order
    }
    isBigEndian = order == ">"
  }
}

/// An array as a pickle has it.
struct NumPyArray {
  let type: NumPyType
  var shape: [Int]
  let isColumnMajor: Bool
  let bytes: ByteRegion

  init(type: NumPyType, shape: [Int], isColumnMajor: Bool, bytes: ByteRegion) {
    self.type = type
    self.shape = shape
    self.isColumnMajor = isColumnMajor
    self.bytes = bytes
  }

  /// `_reconstruct(ndarray, (0,), b'b')` with the state `(version, shape, dtype, is_fortran, data)`.
  ///
  /// Returns nil for subclasses, for types that tensors can't have, and if the bytes don't have the
  /// size of the array.
  init?(reconstructing object: PickleOpaque, _ heap: PickleHeap) {
    guard let first = object.arguments?.first, case .opaque(let index) = first,
      heap.opaques[index].name == "numpy.ndarray", let state = object.state,
      case .tuple(let tuple) = state, heap.tuples[tuple].count == 5
    else { return nil }
    let fields = PickleArguments(of: object.name, heap.tuples[tuple])
    guard let isColumnMajor = try? fields.bool(3, heap) else { return nil }
    self.init(fields[1], fields[2], isColumnMajor: isColumnMajor, fields[4], heap)
  }

  /// `_frombuffer(buffer, dtype, shape, order)`.
  init?(fromBuffer arguments: [PickleValue], _ heap: PickleHeap) {
    guard arguments.count == 4, let order = heap.text(arguments[3]) else { return nil }
    self.init(arguments[2], arguments[1], isColumnMajor: order == "F", arguments[0], heap)
  }

  private init?(
    _ shape: PickleValue, _ type: PickleValue, isColumnMajor: Bool, _ data: PickleValue,
    _ heap: PickleHeap
  ) {
    let sizes = PickleArguments(of: "", [shape])
    guard let type = NumPyType(type, heap), let shape = try? sizes.ints(0, heap),
      shape.allSatisfy({ $0 >= 0 }), shape.count <= TensorView.maximumRank,
      let count = try? Tensor.byteCount(of: type.scalarType, shape: shape),
      let bytes = heap.arrayBytes(data, count: count)
    else { return nil }
    self.init(type: type, shape: shape, isColumnMajor: isColumnMajor, bytes: bytes)
  }

  /// The array as a tensor with the same bytes, in row-major order and little-endian.
  func tensor() throws(CheckpointError) -> Tensor {
    let bytes = TensorStorage(bytes)
    let storage = TorchStorage("", .typed(type.scalarType), bytes)
    let view = TensorView(
      record: "", scalarType: type.scalarType, offset: 0, size: shape,
      stride: isColumnMajor
        ? Array(shape.reversed().contiguousStrides.reversed())
        : shape.contiguousStrides, isConjugate: false, isNegative: false)
    var builder = TensorBuilder(ArraySource(isBigEndian: type.isBigEndian, bytes))
    return try builder.tensor(view, in: storage)
  }
}

extension PickleHeap {
  /// The bytes of an array, which must be this many. In Python 2's pickles they are a string: as
  /// bytes, or as text in Latin-1.
  func arrayBytes(_ value: PickleValue, count: Int) -> ByteRegion? {
    if let bytes = bytes(value) { return bytes.count == count ? bytes : nil }
    guard let text = text(value) else { return nil }
    if text.utf8.count == count { return ByteRegion(Array(text.utf8)) }
    guard text.unicodeScalars.count == count else { return nil }
    let bytes = text.unicodeScalars.compactMap { UInt8(exactly: $0.value) }
    return bytes.count == count ? ByteRegion(bytes) : nil
  }
}

extension Tensor {
  /// The only element as a Python value; nil for types that Python has no number for.
  fileprivate func numPyScalar() throws(CheckpointError) -> CheckpointValue? {
    switch scalarType {
    case .bool: return .bool(try array(of: Bool.self)[0])
    case .float16, .bfloat16, .float32, .float64: return .float(try doubles()[0])
    case .complex64, .complex128:
      let isSingle = scalarType == .complex64
      let parts = try Tensor(
        isSingle ? .float32 : .float64, shape: [2], storage: storage
      ).doubles()
      return .complex(real: parts[0], imaginary: parts[1])
    case .uint64:
      let number = try array(of: UInt64.self)[0]
      guard let small = Int(exactly: number) else {
        return .largeInt(withUnsafeBytes(of: number.littleEndian) { Array($0) } + [0])
      }
      return .int(small)
    case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32:
      return .int(Int(try array(of: Int64.self)[0]))
    default: return nil
    }
  }
}
