import DBNConvert
import Foundation
import Reports
import Zip

do {
  let inputs = try Inputs(fixtures: CommandLine.arguments[1])
  defer { inputs.remove() }
  let batch = try DenseArray(
    shape: [16, 3, 32, 32], values: (0..<16 * 3 * 32 * 32).map { Double($0 % 89) })
  let images = [Float](repeating: 0.5, count: 16 * 64 * 28 * 28)
  let weights = try constants(
    of: ResNet.resnext50_32x4d(normLayer: DistributedBatchNorm2d(virtualWorldSize: 8)))
  for (number, (page, run)) in Zip.pairs(Array(1...pages.count), pages) {
    print("## \(number) of \(pages.count): \(page)")
    try inputs.enterFolder(for: page)
    try run(images, batch, weights)
  }
  try inputs.check(Reports.page)
  print("the Swift code of \(pages.count) pages runs")
} catch {
  FileHandle.standardError.write(Data("the pages' Swift code fails: \(error)\n".utf8))
  exit(1)
}
