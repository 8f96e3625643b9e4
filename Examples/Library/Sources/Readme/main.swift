import DBNConvert
import Foundation

do {
  try makeInputs(fixtures: CommandLine.arguments[1])
  let batch = try DenseArray(
    shape: [16, 3, 32, 32], values: (0..<16 * 3 * 32 * 32).map { Double($0 % 89) })
  try readme(
    images: [Float](repeating: 0.5, count: 16 * 64 * 28 * 28), batch: batch,
    weights: constants(
      of: ResNet.resnext50_32x4d(normLayer: DistributedBatchNorm2d(virtualWorldSize: 8))))
  try checkOutputs()
  print("the README's library code runs")
} catch {
  FileHandle.standardError.write(Data("the README's library code fails: \(error)\n".utf8))
  exit(1)
}
