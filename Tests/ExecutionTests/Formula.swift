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
    var (scale, shift) = (1.0, 0.0)
    switch last {
    case "running_var": (scale, shift) = (0.5, 1)
    case "weight" where shape.count == 1: (scale, shift) = (0.5, 1)
    case "running_mean", "bias": scale = 0.1
    case "weight": scale = (6 / Double(shape[1...].reduce(1, *))).squareRoot()
    default: break
    }
    let values = numbers(name, count, scale, shift)
    return try Tensor(rounding: values, to: .float64, shape: shape)
  }

  /// A loop over pointers, since without optimisation it is the quickest by far.
  private static func numbers(
    _ name: String, _ count: Int, _ scale: Double, _ shift: Double
  ) -> [Double] {
    let seed = ByteRegion(Array(name.utf8)).withBytes { CRC32.of($0) }
    return [Double](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      initializedCount = count
      guard let numbers = buffer.baseAddress else { return }
      var (index, start) = (0, seed)
      while index < count {
        var x = start
        x ^= x &>> 16
        x = x &* 0x7FEB_352D
        x ^= x &>> 15
        x = x &* 0x846C_A68B
        x ^= x &>> 16
        numbers[index] = shift + scale * (Double(x) / 0x1p31 - 1)
        start = start &+ 1
        index &+= 1
      }
    }
  }
}
