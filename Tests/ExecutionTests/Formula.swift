import Models
import Tensors

/// The tensors of `Fixtures/architectures/formula.py`.
enum Formula {
  static func stateDict(for graph: Graph) throws -> StateDict {
    var stateDict = StateDict()
    for parameter in graph.parameters {
      stateDict[parameter.key] = try tensor(parameter.key, parameter.shape)
    }
    return stateDict
  }

  static func tensor(_ name: String, _ shape: [Int]) throws -> Tensor {
    let last = name.split(separator: ".").last
    let count = shape.reduce(1, *)
    if last == "num_batches_tracked" {
      return try Tensor(Array(repeating: 0, count: count), shape: shape)
    }
    var values = noise(name, count)
    switch last {
    case "running_var": values = values.map { 1 + 0.5 * $0 }
    case "weight" where shape.count == 1: values = values.map { 1 + 0.5 * $0 }
    case "running_mean", "bias": values = values.map { 0.1 * $0 }
    case "weight":
      let scale = (6 / Double(shape[1...].reduce(1, *))).squareRoot()
      values = values.map { $0 * scale }
    default: break
    }
    return try Tensor(rounding: values, to: .float64, shape: shape)
  }

  private static func noise(_ name: String, _ count: Int) -> [Double] {
    let seed = ByteRegion(Array(name.utf8)).withBytes { CRC32.of($0) }
    return (0..<count).map { index in
      var x = UInt32(truncatingIfNeeded: index) &+ seed
      x ^= x >> 16
      x &*= 0x7FEB_352D
      x ^= x >> 15
      x &*= 0x846C_A68B
      x ^= x >> 16
      return Double(x) / 0x1p31 - 1
    }
  }
}
