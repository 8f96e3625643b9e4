extension CheckpointError.Code {
  /// A value is too large for the scalar type that it is cast to.
  public static let castOverflow = Self("cast-overflow")
}

extension StateDict {
  /// The same state dict with its floating-point tensors cast to another type. Other tensors and
  /// those named in `exceptions` are unchanged.
  ///
  /// Each value is rounded to the nearest, ties to even. Tied tensors stay tied. Nothing is
  /// computed before the tensors are read: a finite value that becomes infinite is an error then.
  ///
  /// - Parameter allowsOverflow: whether finite values may become infinite; all tensors are then
  ///   read once, to find out which do.
  /// - Returns: the state dict, the names of the tensors whose type changed, and those with values
  ///   that became infinite.
  /// - Throws: `unsupportedScalarType` unless the type is float16, bfloat16, float32 or float64.
  public func casting(
    to scalarType: ScalarType, except exceptions: Set<CheckpointDictionary.Key> = [],
    allowsOverflow: Bool = false
  ) throws(CheckpointError) -> (
    stateDict: StateDict, cast: [String], losses: [ConversionReport.Item]
  ) {
    guard scalarType.isFloatingPoint else {
      throw CheckpointError(
        .unsupportedScalarType, "tensors cannot be cast to \(scalarType.name)",
        advice: "cast to float16, bfloat16, float32 or float64")
    }
    var result = self
    var cast: [ObjectIdentifier: Tensor] = [:]
    var names: [String] = []
    var losses: [ConversionReport.Item] = []
    for (name, tensor) in tensors where tensor.scalarType.isFloatingPoint {
      guard tensor.scalarType != scalarType, !exceptions.contains(.string(name)) else { continue }
      let identity = ObjectIdentifier(tensor.storage)
      if cast[identity] == nil {
        cast[identity] = try tensor.cast(to: scalarType, name, allowsOverflow: allowsOverflow)
        let overflows = allowsOverflow ? try tensor.overflows(in: scalarType, name) : 0
        if overflows > 0 {
          losses.append(
            .init(
              name, "finite values too large for \(scalarType.name), now infinite: \(overflows)"))
        }
      }
      result[name] = cast[identity]
      names.append(name)
    }
    return (result, names, losses)
  }
}

extension ScalarType {
  /// Whether the type is a floating-point type that this toolkit computes with.
  public var isFloatingPoint: Bool {
    switch self {
    case .float16, .bfloat16, .float32, .float64: true
    default: false
    }
  }
}

extension Tensor {
  fileprivate func cast(
    to target: ScalarType, _ name: String, allowsOverflow: Bool
  ) throws(CheckpointError) -> Tensor {
    let source = scalarType
    let conversion = TensorStorage.Conversion(from: source.byteCount, to: target.byteCount) {
      bytes, output throws(CheckpointError) in
      let overflows = convertFloats(bytes, source, to: output, target)
      guard overflows == 0 || allowsOverflow else {
        throw CheckpointError(
          .castOverflow, name: name,
          "has finite values that are too large for \(target.name) and would become infinite",
          advice: "allow it with \(.allowingLosses), or cast to bfloat16 or float32")
      }
    }
    return try Tensor(
      target, shape: shape, storage: TensorStorage(storage, converting: conversion), kind: kind,
      requiresGrad: requiresGrad)
  }

  /// The number of finite values that become infinite.
  fileprivate func overflows(in target: ScalarType, _ name: String) throws(CheckpointError) -> Int {
    var count = 0
    do throws(CheckpointError) {
      try storage.read(pieces: TensorStorage.pieceByteCount) {
        _, bytes throws(CheckpointError) in
        let values = bytes.byteCount / scalarType.byteCount
        _ = ByteRegion(byteCount: values * target.byteCount) {
          count += convertFloats(bytes, scalarType, to: $0, target)
        }
      }
    } catch {
      throw error.with(name: name)
    }
    return count
  }
}
