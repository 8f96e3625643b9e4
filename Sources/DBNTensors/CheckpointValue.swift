/// What a checkpoint may contain: a tree of plain values with tensors at its leaves.
///
/// One case for each type that PyTorch's `weights_only` loading can produce.
public indirect enum CheckpointValue: Sendable {
  case none
  case bool(Bool)
  case int(Int)
  /// An integer that does not fit 64 bits, as two's complement, least significant byte first.
  case largeInt([UInt8])
  case float(Double)
  case complex(real: Double, imaginary: Double)
  case string(String)
  /// Text with lone surrogates, which is no UTF-8: its bytes as Python encodes them with the error
  /// handler `surrogatepass`.
  case surrogateString([UInt8])
  case bytes([UInt8])
  case byteArray([UInt8])
  case list([CheckpointValue])
  case tuple([CheckpointValue])
  case set([CheckpointValue])
  case dictionary(CheckpointDictionary)
  case tensor(Tensor)
  /// `torch.Size`.
  case size([Int])
  /// `torch.dtype`.
  case scalarType(ScalarType)
  /// `torch.device`, as PyTorch writes it: `cpu`, `cuda:0`.
  case device(String)
  /// A constant of PyTorch by its name, such as a layout, a quantisation scheme, or a type that
  /// tensors here can't have: `torch.strided`, `torch.per_tensor_affine`, `torch.qint8`.
  case constant(String)
  /// An object of an unknown class, or a part of the file that can't be read.
  case opaque(OpaqueValue)

  /// The name of the value's type, as error messages and `info` print it.
  public var typeName: String {
    switch self {
    case .none: "None"
    case .bool: "bool"
    case .int, .largeInt: "int"
    case .float: "float"
    case .complex: "complex"
    case .string, .surrogateString: "str"
    case .bytes: "bytes"
    case .byteArray: "bytearray"
    case .list: "list"
    case .tuple: "tuple"
    case .set: "set"
    case .dictionary(let dictionary): dictionary.kind.rawValue
    case .tensor: "tensor"
    case .size: "Size"
    case .scalarType: "dtype"
    case .device: "device"
    case .constant: "constant"
    case .opaque(let value): value.name
    }
  }

  /// The tensor; nil for any other value.
  public var tensor: Tensor? {
    guard case .tensor(let tensor) = self else { return nil }
    return tensor
  }

  /// The mapping; nil for any other value.
  public var dictionary: CheckpointDictionary? {
    guard case .dictionary(let dictionary) = self else { return nil }
    return dictionary
  }

  /// The values directly inside a list, tuple or set; nil for every other value.
  public var elements: [CheckpointValue]? {
    switch self {
    case .list(let elements), .tuple(let elements), .set(let elements): elements
    default: nil
    }
  }
}

/// How deep and how large a tree of values may be.
public enum CheckpointLimits {
  /// Levels of nesting. Real checkpoints have under ten; code that walks a tree may recurse.
  public static let depth = 200
  /// Values in a tree, a shared value counted each time it is reached, however large the file is:
  /// real checkpoints have thousands. Smaller files may have fewer (`ReadingCost.values`).
  public static let values = 10_000_000
}
