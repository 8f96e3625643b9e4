import DBNModels
import DBNTensors

extension Tensor {
  /// A tensor of the same scalar type, shape and kind with other numbers, rounded to the nearest
  /// value of the type; the tensor itself if nothing differs.
  ///
  /// - Throws: `shapeMismatch` for another count, `overflow` for a number that an integer type
  ///   can't hold, `unsupportedScalarType`.
  func replacing(_ numbers: [Double]) throws(CheckpointError) -> Tensor {
    guard numbers.count == count else {
      throw .shape("\(numbers.count) numbers don't fit the shape \(shape)")
    }
    let old = try doubles()
    guard !zip(old, numbers).allSatisfy({ $0.bitPattern == $1.bitPattern }) else { return self }
    var tensor =
      scalarType.isFloatingPoint
      ? try Tensor(rounding: numbers, to: scalarType, shape: shape)
      : try Tensor(
        scalarType, shape: shape, storage: TensorStorage(ByteRegion(try integerBytes(numbers))))
    tensor.kind = kind
    tensor.requiresGrad = requiresGrad
    return tensor
  }

  private func integerBytes(_ numbers: [Double]) throws(CheckpointError) -> [UInt8] {
    switch scalarType {
    case .uint8: try bytes(numbers, UInt8.self)
    case .int8: try bytes(numbers, Int8.self)
    case .uint16: try bytes(numbers, UInt16.self)
    case .int16: try bytes(numbers, Int16.self)
    case .uint32: try bytes(numbers, UInt32.self)
    case .int32: try bytes(numbers, Int32.self)
    case .uint64: try bytes(numbers, UInt64.self)
    case .int64: try bytes(numbers, Int64.self)
    default:
      throw CheckpointError(
        .unsupportedScalarType, "the type \(scalarType.name) cannot hold computed numbers")
    }
  }

  private func bytes<Integer: FixedWidthInteger>(
    _ numbers: [Double], _ type: Integer.Type
  ) throws(CheckpointError) -> [UInt8] {
    var bytes: [UInt8] = []
    for number in numbers {
      guard let integer = Integer(exactly: number) else {
        throw CheckpointError(.overflow, "\(number) does not fit into \(scalarType.name)")
      }
      withUnsafeBytes(of: integer.littleEndian) { bytes += $0 }
    }
    return bytes
  }
}
