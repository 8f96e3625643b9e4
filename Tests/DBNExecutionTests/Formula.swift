import CFormula
import DBNModels
import DBNTensors
import DBNTestSupport
import Testing

/// The tensors of `Fixtures/architectures/formula.py`.
enum Formula {
  /// What the weights of a model's norms are around: with it, outputs are of the order of 1.
  static func gain(of model: String) throws -> Double {
    let bytes = try Fixture("architectures").bytes("gains.json")
    guard case .double(let gain) = try JSON(parsing: ByteRegion(bytes))[model] else {
      throw CheckpointError(.missingOperand, name: model, "gains.json has no such model")
    }
    return gain
  }

  /// - Parameter scalarType: float64, or float32: rounded to the nearest.
  static func stateDict(
    for graph: Graph, _ scalarType: ScalarType = .float64, gain: Double = 1
  ) throws -> StateDict {
    var stateDict = StateDict()
    for parameter in graph.parameters {
      stateDict[parameter.key] = try tensor(
        parameter.key, parameter.shape, scalarType, gain: gain)
    }
    return stateDict
  }

  static func tensor(
    _ name: String, _ shape: [Int], _ scalarType: ScalarType = .float64, gain: Double = 1
  ) throws -> Tensor {
    let last = name.split(separator: ".").last
    if last == "num_batches_tracked" {
      return try Tensor(Array(repeating: 0, count: shape.reduce(1, *)), shape: shape)
    }
    if last == "relative_position_index" { return try positions(shape) }
    switch last {
    case "weight" where shape.count == 1:
      return try noise(name, shape, scalarType, scale: 0.5 * gain, offset: gain)
    case "running_var": return try noise(name, shape, scalarType, scale: 0.5, offset: 1)
    case "running_mean", "bias": return try noise(name, shape, scalarType, scale: 0.1)
    case "weight":
      let scale = (6 / Double(shape[1...].reduce(1, *))).squareRoot()
      return try noise(name, shape, scalarType, scale: scale)
    default: return try noise(name, shape, scalarType)
    }
  }

  /// For each two positions in a square, the row of a table of their distances; as torchvision's MaxViT
  /// makes it.
  private static func positions(_ shape: [Int]) throws -> Tensor {
    let side = Int(Double(shape[0]).squareRoot())
    let rows = (0..<shape[0]).flatMap { first in
      (0..<shape[1]).map { second in
        let down = first / side - second / side + side - 1
        return down * (2 * side - 1) + first % side - second % side + side - 1
      }
    }
    return try Tensor(rows, shape: shape)
  }

  private static func noise(
    _ name: String, _ shape: [Int], _ scalarType: ScalarType, scale: Double = 1,
    offset: Double = 0
  ) throws -> Tensor {
    let seed = ByteRegion(Array(name.utf8)).withBytes { CRC32.of($0) }
    let count = shape.reduce(1, *)
    let numbers = Numbers(byteCount: count * scalarType.byteCount)
    if scalarType == .float64 {
      let values = numbers.bytes.assumingMemoryBound(to: Double.self).baseAddress
      cformula_fill64(values, count, seed, scale, offset)
    } else {
      let values = numbers.bytes.assumingMemoryBound(to: Float.self).baseAddress
      cformula_fill32(values, count, seed, scale, offset)
    }
    let region = ByteRegion(owner: numbers, pointer: UnsafeRawBufferPointer(numbers.bytes))
    return try Tensor(scalarType, shape: shape, storage: TensorStorage(region))
  }

  /// Where they are written once, since a gigabyte of them takes time to copy.
  private final class Numbers {
    let bytes: UnsafeMutableRawBufferPointer

    init(byteCount: Int) {
      bytes = .allocate(byteCount: byteCount, alignment: 64)
    }

    deinit { bytes.deallocate() }
  }
}
