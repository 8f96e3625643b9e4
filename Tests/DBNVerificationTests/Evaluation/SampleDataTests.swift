import DBNModels
import DBNTensors
import DBNTestSupport
import DBNVerification
import Testing

/// Samples, their labels, and what is done with their numbers.
struct SampleDataTests {
  private func file(_ tensors: [(String, Tensor)]) -> StateDict {
    var file = StateDict()
    for (name, tensor) in tensors { file[name] = tensor }
    return file
  }

  private func bytes(_ values: [UInt8], _ shape: [Int]) throws -> Tensor {
    try Tensor(.uint8, shape: shape, storage: TensorStorage(ByteRegion(values)))
  }

  /// What a model is given.
  private func inputs(_ tensor: Tensor, _ scaling: InputScaling) throws -> [Float] {
    let data = try SampleData(file([("images", tensor)]), labelled: false, scaling: scaling)
    let shape = tensor.shape.map { Optional($0) }
    let graph = Graph(
      name: "mean", inputs: [.init("in", shape: [nil] + shape.dropFirst())],
      nodes: [
        .init(
          "bn", .batchNorm(.init(module: "bn", NormModule(numFeatures: shape[1] ?? 1))),
          [.value("in")])
      ], outputs: ["bn"], parameters: [])
    let zeros = Array(repeating: 0.0, count: tensor.shape[1])
    let stateDict = try StateDict.batchNorm(means: [zeros], variances: [zeros])
    var recalibration = Recalibration(graph)
    recalibration.batch = tensor.shape[0]
    let mean = try recalibration.run(stateDict, on: data).stateDict["bn.running_mean"]
    return try #require(mean).array(of: Float.self)
  }

  /// Two equal samples of one position, so that means are the numbers themselves.
  @Test func numbersAreScaledAsTorchvisionDoesTo32Bits() throws {
    let tensor = try bytes([10, 20, 255, 10, 20, 255], [2, 3, 1])
    #expect(try inputs(tensor, InputScaling()) == [10, 20, 255])
    #expect(try inputs(tensor, InputScaling(divisor: 16)) == [0.625, 1.25, 15.9375])
    let (means, deviations) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    let scaling = InputScaling(divisor: 255, mean: means, deviation: deviations)
    let expected = zip([Float(10), 20, 255], zip(means, deviations)).map {
      ($0 / 255 - Float($1.0)) / Float($1.1)
    }
    #expect(try inputs(tensor, scaling) == expected)
    #expect(try inputs(tensor, InputScaling(mean: [5], deviation: [2])) == [2.5, 7.5, 125])
  }

  @Test func labelsMustFitTheSamples() throws {
    let inputs = try bytes([1, 2, 3, 4], [4, 1])
    func reason(_ labels: Tensor) -> String? {
      #expect(throws: CheckpointError.self) {
        try SampleData(file([("x", inputs), ("labels", labels)]), labelled: true)
      }?.reason
    }
    #expect(try reason(Tensor([0, 1, 2], shape: [3]))?.contains("[4]") == true)
    #expect(try reason(Tensor([0, 1, 2, 3], shape: [4, 1]))?.contains("[4, 1]") == true)
    #expect(
      try reason(Tensor([0, 1, -1, 0], shape: [4]))?.contains("sample 2 has the label -1") == true)
    #expect(try reason(.float32([0, 1, 2, 3]))?.contains("float32") == true)
    let labels = try bytes([3, 2, 1, 0], [4])
    let data = try SampleData(file([("x", inputs), ("y", labels)]), labelled: true)
    #expect(data.labels == [3, 2, 1, 0] && data.count == 4)
  }

  @Test func whatIsMissingIsNamed() throws {
    let inputs = try bytes([1], [1, 1])
    let missing = #expect(throws: CheckpointError.self) {
      try SampleData(file([("pictures", inputs)]), labelled: false)
    }
    #expect(missing?.reason.contains("x or images") == true)
    #expect(missing?.advice?.description.contains("'pictures'") == true)
    let unlabelled = #expect(throws: CheckpointError.self) {
      try SampleData(file([("x", inputs)]), labelled: true)
    }
    #expect(unlabelled?.reason.contains("y or labels") == true)
  }

  @Test(arguments: [[], [0, 1], [3, 0]]) func noSamplesAreNone(shape: [Int]) throws {
    let inputs = try bytes(shape.isEmpty ? [1] : [], shape)
    let error = #expect(throws: CheckpointError.self) {
      try SampleData(file([("x", inputs)]), labelled: false)
    }
    #expect(error?.code == .invalidSamples)
  }

  @Test(arguments: [
    InputScaling(divisor: 0), InputScaling(divisor: .nan), InputScaling(mean: [1, 2, 3]),
    InputScaling(deviation: [1, 2, 3]), InputScaling(deviation: [0]),
    InputScaling(mean: [.infinity]),
  ])
  func scalingsThatMakeNoSenseAreRefused(scaling: InputScaling) throws {
    let inputs = try bytes([1, 2, 3, 4], [2, 2])
    let error = #expect(throws: CheckpointError.self) {
      try SampleData(file([("x", inputs)]), labelled: false, scaling: scaling)
    }
    #expect(error?.code == .invalidSamples)
  }

  /// The checksum is known when the last batch was read: the result must not be.
  @Test func damagedSamplesAreFoundOut() throws {
    let region = ByteRegion([1, 2, 3, 4])
    let right = CRC32.of([1, 2, 3, 4])
    for crc32 in [right, right ^ 1] {
      let storage = TensorStorage(region, crc32: crc32, record: "x")
      let inputs = try Tensor(.uint8, shape: [2, 2], storage: storage)
      let data = try SampleData(
        file([("x", inputs), ("y", Tensor([0, 1], shape: [2]))]), labelled: true)
      var evaluation = Evaluation(.identity)
      evaluation.batch = 1
      if crc32 == right {
        #expect(try evaluation.run([StateDict()], on: data)[0].classification.total.samples == 2)
      } else {
        let error = #expect(throws: CheckpointError.self) {
          try evaluation.run([StateDict()], on: data)
        }
        #expect(error?.code == .checksumMismatch)
      }
    }
  }
}

extension CRC32 {
  fileprivate static func of(_ bytes: [UInt8]) -> UInt32 { ByteRegion(bytes).withBytes { of($0) } }
}
