import DBNExecution
import DBNModels

/// Runs forwards of BatchNorm on [256, 64, 28, 28] when asked to, so that a script can take it in
/// turn with PyTorch (`Benchmarks/batchnorm.py`): reads lines `train V`, `fresh V` (into an array
/// made for it) and `evaluate V`, and answers each with the seconds it took.
@main
enum BatchNormBenchmark {
  static let shape = [256, 64, 28, 28]

  static func main() throws {
    var generator = SystemRandomNumberGenerator()
    let count = shape.reduce(1, *)
    let input = (0..<count).map { _ in Float.random(in: -1...1, using: &generator) }
    var output = [Float](repeating: 0, count: count)
    while let line = readLine() {
      let words = line.split(separator: " ")
      guard words.count == 2, let worldSize = Int(words[1]) else { break }
      let batchNorm = try DistributedBatchNorm2d(virtualWorldSize: worldSize)
      var module = try BatchNormModule(batchNorm(numFeatures: shape[1]))
      let seconds = try ContinuousClock().measure {
        switch words[0] {
        case "fresh": _ = try module.train(input, shape: shape)
        case "evaluate":
          var span = output.mutableSpan
          try module.evaluate(input.span, shape: shape, into: &span)
        default:
          var span = output.mutableSpan
          try module.train(input.span, shape: shape, into: &span)
        }
      }
      print(seconds / .seconds(1))
      flush()
    }
  }
}
