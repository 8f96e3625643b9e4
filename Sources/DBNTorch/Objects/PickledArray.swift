import DBNTensors

/// An array of NumPy, in place of the object that it is in a pickle: an object takes 400 bytes beside
/// its data, and a pickle can hold very many.
///
/// Only an array as NumPy pickles every plain one, so that the object can be made again. Its class
/// and the type of its elements are objects that other arrays share.
struct PickledArray {
  /// The function that the pickle calls: its module has another name since NumPy 2.
  private let function: String
  private let arrayClass: PickleValue
  private let type: PickleValue
  var array: NumPyArray
  /// Whether the pickle recalls the array itself.
  var isRecalled = false

  private static let version = PickleValue.int(1)
  private static let emptyShape = [PickleValue.int(0)]
  private static let byteType = Array("b".utf8)

  /// Source: `numpy/_core/src/multiarray/methods.c` (`array_reduce`).
  init?(_ object: PickleOpaque, _ heap: PickleHeap) {
    guard object.elements.isEmpty, object.entries.isEmpty, object.name.hasPrefix("numpy."),
      object.name.hasSuffix("._reconstruct"), let arguments = object.arguments,
      arguments.count == 3, heap.elements(arguments[1]) == Self.emptyShape,
      heap.plainBytes(arguments[2])?.array == Self.byteType,
      let state = object.state.flatMap({ heap.elements($0) }), state.count == 5,
      state[0] == Self.version, case .tuple = state[1], case .bool = state[3],
      heap.plainBytes(state[4]) != nil, heap.isShared(arguments[0]), heap.isShared(state[2]),
      let array = NumPyArray(reconstructing: object, heap)
    else { return nil }
    function = object.name
    (arrayClass, type) = (arguments[0], state[2])
    self.array = array
  }

  /// The object that it is in the pickle.
  func object(in heap: inout PickleHeap) -> PickleOpaque {
    let arguments = [
      arrayClass, heap.tuple(Self.emptyShape), heap.bytes(ByteRegion(Self.byteType)),
    ]
    var object = PickleOpaque(name: function, arguments: arguments)
    let shape = heap.tuple(array.shape.map { .int($0) })
    object.state = heap.tuple(
      [Self.version, shape, type, .bool(array.isColumnMajor), heap.bytes(array.bytes)])
    return object
  }
}

extension PickleHeap {
  fileprivate func elements(_ value: PickleValue) -> [PickleValue]? {
    guard case .tuple(let index) = value else { return nil }
    return tuples[index]
  }

  /// The bytes of a `bytes`; nil for any other value.
  fileprivate func plainBytes(_ value: PickleValue) -> ByteRegion? {
    if case .leaf(let index) = value, case .byteArray = leaves[index] { return nil }
    return bytes(value)
  }

  /// Whether it is an object or class that is never freed.
  fileprivate func isShared(_ value: PickleValue) -> Bool {
    guard case .opaque(let index) = value else { return false }
    return isKept(opaque: index)
  }
}
