import Tensors

/// Checkpoints made in memory.
enum Sample {
  /// A tensor whose bytes count up from `seed`.
  static func tensor(
    _ type: ScalarType = .float32, _ shape: [Int] = [2, 3], seed: Int = 1
  ) throws -> Tensor {
    let count = shape.reduce(type.byteCount, *)
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ seed) }
    return try Tensor(type, shape: shape, storage: TensorStorage(ByteRegion(bytes)))
  }

  static func stateDict(_ names: [String]) throws -> CheckpointDictionary {
    var dictionary = CheckpointDictionary(.orderedDict)
    for (index, name) in names.enumerated() {
      dictionary.set(.string(name), to: .tensor(try tensor(seed: index)))
    }
    return dictionary
  }

  static func mapping(
    _ entries: [(CheckpointDictionary.Key, CheckpointValue)],
    kind: CheckpointDictionary.Kind = .dict
  ) -> CheckpointValue {
    var dictionary = CheckpointDictionary(kind)
    for (key, value) in entries { dictionary.set(key, to: value) }
    return .dictionary(dictionary)
  }
}
