// swift-format-ignore-file
import DBNConvert

func readme(images: [Float], batch: DenseArray, weights: StateDict) throws {
  
  let conversion = try Conversion(opening: "resnet50.pth")
  let result = try conversion.toDistributed(worldSize: 8)
    .write(to: "resnet50.h5", proof: .outputs())
  print(result.report.converted, result.notes, result.health.sentences)

  try Conversion(opening: "parallel.pth")
    .converted(by: [.strippingPrefix("module."), .casting(to: .float16)])
    .write(to: "resnet50-half.h5", proof: .outputs(of: "resnet50"))

  try conversion.converted().write(
    to: "resnet50.h5", options: WritingOptions(existing: .replace))

  let checkpoint = try Checkpoint.open("resnet50.pth")
  let (entry, stateDict) = try checkpoint.findStateDict()
  let distributed = try stateDict.toDistributed(worldSize: 8)
  try checkpoint.replacingStateDict(at: entry, with: distributed.stateDict).write(to: "mine.h5")

  if let format = checkpoint.format { print(format) }  // torch-zip
  let own = try Checkpoint.open("weights.mine", formats: .standard + [MyFormat()])

  if let weight = stateDict["fc.weight"] {
    print(weight.scalarType, weight.shape)
    let largest = try weight.withSpan(of: Float.self) { span in
      span.indices.reduce(0) { max($0, abs(span[$1])) }
    }
    let values = try weight.array(of: Double.self)
    print(largest, values.count)
  }

  var small = StateDict()
  small["scale"] = try Tensor(elements: [Float(0.5), 0.25], shape: [2])
  small["steps"] = try Tensor([90_000], shape: [])
  try Checkpoint(root: .dictionary(small.dictionary)).write(to: "small.h5")

  let outputs = try BatchNormVerification().compare(stateDict, distributed.stateDict)
  print(outputs.isBitIdentical, outputs.maxULP)
  let verdict = try CheckpointVerification().compare(
    Checkpoint.open("resnet50.pth"), Checkpoint.open("resnet50.h5"))
  print(verdict.isEqual, verdict.scope.restOfFirst.map(\.name))  // and what was not compared

  let data = try SampleData(
    Checkpoint.open("test.npz").stateDict(), labelled: true,
    scaling: InputScaling(divisor: 16))
  let digits = try Checkpoint.open("model.pt2")
  if let model = try digits.model() {
    let merged = try digits.stateDict()
    let measured = try Recalibration(model.graph).run(merged, on: data)
    let results = try Evaluation(model.graph).run([merged, measured.stateDict], on: data)
    print(results.map(\.classification.total.top1Accuracy))
    let named = Array(zip(["before", "after"], results))
    try Report(named, summary: [], listsClasses: false).write(to: "report.html")
  }

  let batchNorm = try DistributedBatchNorm2d(virtualWorldSize: 8)
  var bn1 = try BatchNormModule(batchNorm(numFeatures: 64))
  let output = try bn1.train(images, shape: [16, 64, 28, 28])  // [Float]; Tensor and DenseArray too
  let state = try bn1.stateDict()  // running_mean [8, 64] ...
  
  let model = try ResNet.resnext50_32x4d(normLayer: DistributedBatchNorm2d(virtualWorldSize: 8))

  var executor = try ReferenceExecutor(model, weights)
  let logits = try executor.run(["input": batch], mode: .training)
  let trained = try executor.stateDict(updating: weights)

}
