import DBNCheckpointFormatContract
import DBNTensors
import DBNTestSupport

/// A checkpoint made at random: a state dict with BatchNorms, tensors of all types and shapes, ties,
/// and trees of other values under ordinary and odd keys.
struct RandomCheckpoint {
  var generator: SeededGenerator
  /// All tensors so far, for ties.
  private var tensors: [Tensor] = []

  init(seed: UInt64) {
    generator = SeededGenerator(seed)
  }

  mutating func checkpoint() throws -> Checkpoint {
    let stateDict = try stateDict()
    guard chance(3) else { return Checkpoint(root: .dictionary(stateDict)) }
    var root = CheckpointDictionary(chance(2) ? .dict : .orderedDict)
    for _ in 0..<number(4) { root.set(key(), to: try value(depth: 3)) }
    root.set(.string("state_dict"), to: .dictionary(stateDict))
    for _ in 0..<number(3) { root.set(key(), to: try value(depth: 3)) }
    return Checkpoint(root: .dictionary(root))
  }

  /// Only tensors, as `state_dict()` has them.
  mutating func stateDict() throws -> CheckpointDictionary {
    var result = CheckpointDictionary(chance(3) ? .dict : .orderedDict)
    for layer in 0..<(1 + number(4)) {
      result.set(.string("features.\(layer).conv.weight"), to: .tensor(try tensor(of: .float32)))
      for (name, tensor) in try batchNorm() {
        result.set(.string("features.\(layer).bn.\(name)"), to: .tensor(tensor))
      }
    }
    for place in 0..<number(5) {
      result.set(.string("other.\(place)"), to: .tensor(try anyTensor()))
    }
    // A plain dict of Python has no attributes.
    if result.kind == .orderedDict, chance(3) {
      let modules = FormatContract.mapping([
        (.string(""), FormatContract.mapping([(.string("version"), .int(1))]))
      ])
      result.attributes = [("_metadata", modules)]
    }
    return result
  }

  /// With a counter: one without is a frozen BatchNorm, and gets a counter when it is mapped.
  private mutating func batchNorm() throws -> [(String, Tensor)] {
    let features = 1 + number(6)
    var result: [(String, Tensor)] = []
    for name in ["weight", "bias", "running_mean", "running_var"] {
      let numbers = (0..<features).map { _ in Double(1 + number(1000)) / 256 }
      result.append((name, try Tensor(rounding: numbers, to: .float32, shape: [features])))
    }
    return result + [("num_batches_tracked", try Tensor([number(1000)], shape: []))]
  }

  private mutating func anyTensor() throws -> Tensor {
    if chance(5), let known = tensors.randomElement(using: &generator) { return known }
    let types = ScalarType.allCases
    return try tensor(of: types[number(types.count)])
  }

  private mutating func tensor(of type: ScalarType) throws -> Tensor {
    let shape = (0..<number(5)).map { _ in chance(8) ? 0 : 1 + number(5) }
    var tensor = try FormatContract.makeTensor(type, shape, seed: number(250))
    tensor.kind = [.tensor, .parameter, .buffer][number(3)]
    tensor.requiresGrad = tensor.kind == .parameter && type.isFloatingPoint && chance(2)
    tensors.append(tensor)
    return tensor
  }

  private mutating func value(depth: Int) throws -> CheckpointValue {
    guard depth > 0, chance(2) else {
      return chance(4)
        ? .tensor(try anyTensor()) : FormatContract.values[number(FormatContract.values.count)]
    }
    var values: [CheckpointValue] = []
    for _ in 0..<number(4) { values.append(try value(depth: depth - 1)) }
    switch number(3) {
    case 0: return .list(values)
    case 1: return .tuple(values)
    default:
      var result = CheckpointDictionary(chance(2) ? .dict : .orderedDict)
      for value in values { result.set(key(), to: value) }
      return .dictionary(result)
    }
  }

  private mutating func key() -> CheckpointDictionary.Key {
    if chance(6) { return .int(number(5)) }
    let odd = FormatContract.oddNames
    return .string(chance(2) ? "key\(number(50))" : odd[number(odd.count)])
  }

  /// 0 ..< `limit`.
  private mutating func number(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &generator) }

  /// True once in `count` times.
  private mutating func chance(_ count: Int) -> Bool { number(count) == 0 }
}
