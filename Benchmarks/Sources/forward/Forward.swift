import DBNConvert
import Foundation

/// Runs an exported program each time that a line comes in.
///
///     forward FOLDER THREADS ENGINE [fold]
///
/// The folder has `program.pt2` and `sample.safetensors`, the tensors `input` and `output`. First it
/// prints the largest difference from that output; then for each line the seconds that a pass took, and
/// those of the processors.
@main
enum Forward {
  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count >= 4, let threads = Int(arguments[2]),
      let engine = Engine(rawValue: arguments[3])
    else {
      print("usage: forward FOLDER THREADS ENGINE [fold]")
      exit(64)
    }
    let folder = URL(filePath: arguments[1])
    let checkpoint = try Checkpoint.open(folder.appending(path: "program.pt2"))
    let sample = try Checkpoint.open(folder.appending(path: "sample.safetensors")).stateDict()
    guard let model = try checkpoint.model(), let name = model.graph.inputs.first?.name,
      let input = sample["input"], let output = sample["output"]
    else {
      print("there is no program or no sample in \(folder.path)")
      exit(65)
    }
    var executor = try engine.executor(
      model.graph, model.tensors(with: checkpoint.stateDict()),
      options: ExecutionOptions(threads: threads, foldsBatchNorm: arguments.contains("fold")))
    let inputs = [name: try DenseArray(input)]
    let result = try executor.run(inputs)[0].values
    write("\(zip(result, try DenseArray(output).values).map { abs($0 - $1) }.max() ?? 0)")
    let clock = ContinuousClock()
    while readLine() != nil {
      let before = processorSeconds()
      let seconds = try clock.measure { _ = try executor.run(inputs) } / .seconds(1)
      write("\(seconds) \(processorSeconds() - before)")
    }
  }

  private static func write(_ line: String) {
    FileHandle.standardOutput.write(Data("\(line)\n".utf8))
  }
}

/// What all threads of the process have used so far.
func processorSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
