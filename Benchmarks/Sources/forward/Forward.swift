import DBNExecution
import DBNModels
import DBNTensors
import Foundation

/// Runs a model each time that a line comes in, and answers with the seconds that it
/// took, and those of the processors.
///
///     forward MODEL BATCH SIZE THREADS ENGINE [fold]
@main
enum Forward {
  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count >= 6, let architecture = Architecture.named(arguments[1]),
      let batch = Int(arguments[2]), let size = Int(arguments[3]),
      let threads = Int(arguments[4]), let engine = Engine(rawValue: arguments[5])
    else {
      print("usage: forward MODEL BATCH SIZE THREADS ENGINE [fold]")
      exit(64)
    }
    let graph = architecture()
    var executor = try engine.executor(
      graph, randomTensors(of: graph),
      options: ExecutionOptions(threads: threads, foldsBatchNorm: arguments.contains("fold")))
    var generator = Generator()
    let image = try DenseArray(
      shape: [batch, 3, size, size],
      values: (0..<batch * 3 * size * size).map { _ in Double(generator.next()) })
    _ = try executor.run(["input": image])
    let clock = ContinuousClock()
    while readLine() != nil {
      let before = processorSeconds()
      let seconds = try clock.measure { _ = try executor.run(["input": image]) } / .seconds(1)
      let line = "\(seconds) \(processorSeconds() - before)\n"
      FileHandle.standardOutput.write(Data(line.utf8))
    }
  }
}

/// What all threads of the process have used so far.
func processorSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// Numbers between -1 and 1, from a fixed seed.
struct Generator {
  private var state: UInt64 = 1

  mutating func next() -> Float {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(Int32(truncatingIfNeeded: state >> 32)) * 0x1p-31
  }
}

/// Tensors of a model, of sizes that keep activations near 1.
func randomTensors(of graph: Graph) throws -> StateDict {
  var stateDict = StateDict()
  var generator = Generator()
  for parameter in graph.parameters {
    let count = parameter.shape.reduce(1, *)
    let last = parameter.key.split(separator: ".").last
    if last == "num_batches_tracked" {
      stateDict[parameter.key] = try Tensor([0], shape: parameter.shape)
      continue
    }
    let isMatrix = parameter.shape.count > 1
    let scale = isMatrix ? (3 / Float(parameter.shape[1...].reduce(1, *))).squareRoot() : 0.5
    let offset: Float = last == "running_var" || (last == "weight" && !isMatrix) ? 1 : 0
    var bytes = [UInt8]()
    bytes.reserveCapacity(4 * count)
    for _ in 0..<count {
      withUnsafeBytes(of: (offset + scale * generator.next()).bitPattern.littleEndian) {
        bytes.append(contentsOf: $0)
      }
    }
    stateDict[parameter.key] = try Tensor(
      .float32, shape: parameter.shape, storage: TensorStorage(ByteRegion(bytes)))
  }
  return stateDict
}
