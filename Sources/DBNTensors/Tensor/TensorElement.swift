/// A Swift type that a tensor's elements can be read as.
public protocol TensorElement: Sendable, BitwiseCopyable {
  /// The scalar type that is read as this type without conversion.
  static var scalarType: ScalarType { get }
  /// The nearest value; nil if the type has none for this number.
  init?(integer: some FixedWidthInteger)
}

extension TensorElement where Self: BinaryInteger {
  /// The number in this type; nil if it can't hold it.
  public init?(integer: some FixedWidthInteger) { self.init(exactly: integer) }
}

extension TensorElement where Self: BinaryFloatingPoint {
  /// The nearest number of this type; never nil.
  public init?(integer: some FixedWidthInteger) { self.init(integer) }
}

extension Bool: TensorElement {
  /// bool.
  public static var scalarType: ScalarType { .bool }

  /// The number in this type; nil if it can't hold it.
  public init?(integer: some FixedWidthInteger) {
    guard integer == 0 || integer == 1 else { return nil }
    self = integer == 1
  }
}

extension UInt8: TensorElement {
  /// uint8.
  public static var scalarType: ScalarType { .uint8 }
}

extension Int8: TensorElement {
  /// int8.
  public static var scalarType: ScalarType { .int8 }
}

extension UInt16: TensorElement {
  /// uint16.
  public static var scalarType: ScalarType { .uint16 }
}

extension Int16: TensorElement {
  /// int16.
  public static var scalarType: ScalarType { .int16 }
}

extension UInt32: TensorElement {
  /// uint32.
  public static var scalarType: ScalarType { .uint32 }
}

extension Int32: TensorElement {
  /// int32.
  public static var scalarType: ScalarType { .int32 }
}

extension UInt64: TensorElement {
  /// uint64.
  public static var scalarType: ScalarType { .uint64 }
}

extension Int64: TensorElement {
  /// int64.
  public static var scalarType: ScalarType { .int64 }
}

extension Int: TensorElement {
  /// int64.
  public static var scalarType: ScalarType { .int64 }
}

extension Float16: TensorElement {
  /// float16.
  public static var scalarType: ScalarType { .float16 }
}

extension Float: TensorElement {
  /// float32.
  public static var scalarType: ScalarType { .float32 }
}

extension Double: TensorElement {
  /// float64.
  public static var scalarType: ScalarType { .float64 }
}
