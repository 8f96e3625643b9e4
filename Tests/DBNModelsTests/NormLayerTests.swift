import DBNBatchNorm
import DBNModels
import DBNTensors
import Testing

struct NormLayerTests {
  @Test func aGeneratorStandsInForABatchNorm() throws {
    let batchNorm = try DistributedBatchNorm2d(virtualWorldSize: 8)
    #expect(batchNorm(numFeatures: 64) == batchNorm(64))
    let module = batchNorm(numFeatures: 64)
    #expect(module.numFeatures == 64 && module.worldSize == 8 && module.layout == .replicated)
    #expect(module.eps == 1e-5 && module.momentum == 0.1 && module.accumulationSteps == 1)
    #expect(module.affine && module.tracksRunningStatistics && module.dimensions == 2)
    let model = try ResNet.resnext50_32x4d(
      normLayer: DistributedBatchNorm2d(virtualWorldSize: 8))
    let parameter = try #require(model.parameters.first { $0.key == "bn1.running_mean" })
    #expect(parameter.shape == [8, 64])
  }

  @Test func everyOptionReachesTheModule() throws {
    let batchNorm = try DistributedBatchNorm3d(
      virtualWorldSize: 4, accumulationSteps: 2, eps: 1e-3, momentum: nil, affine: false,
      trackRunningStats: false, layout: .firstDevice.interleaved)
    let module = batchNorm(numFeatures: 5)
    #expect(module.accumulationSteps == 2 && module.eps == 1e-3 && module.momentum == nil)
    #expect(!module.affine && !module.tracksRunningStatistics && module.dimensions == 3)
    #expect(module.layout.slices == .interleaved && module.layout.training == .firstDevice)
    #expect(BatchNorm1d(momentum: 0.5)(7).dimensions == 1)
  }

  @Test(arguments: [0, -1, 65_537])
  func aWorldSizeIsPositiveAndNotAbsurd(worldSize: Int) {
    let error = #expect(throws: CheckpointError.self) {
      try DistributedBatchNorm1d(virtualWorldSize: worldSize)
    }
    #expect(error?.code == .invalidWorldSize)
  }

  @Test func aLayoutHasAPlaceForEveryDevice() {
    let error = #expect(throws: CheckpointError.self) {
      try DistributedBatchNorm2d(virtualWorldSize: 2, layout: .standard)
    }
    #expect(error?.code == .invalidModule)
    #expect(throws: CheckpointError.self) {
      try DistributedBatchNorm2d(virtualWorldSize: 2, accumulationSteps: 0)
    }
  }

  @Test func theFirstDevicesStateHasTheShapesOfAStandardOne() throws {
    let first = try DistributedBatchNorm2d(virtualWorldSize: 8, layout: .firstDevice)
    #expect(
      ResNet.resnet18(normLayer: first).parameters == ResNet.resnet18().parameters)
  }

  @Test func everyArchitectureHasAMemberThatTakesClassesAndANormLayer() throws {
    let normLayer = try DistributedBatchNorm2d(virtualWorldSize: 2)
    for architecture in [
      ResNet.resnet34, ResNet.wide_resnet101_2, VGG.vgg19_bn, DenseNet.densenet201,
      MobileNetV2.mobilenet_v2,
    ] {
      let graph = architecture(classes: 10, normLayer: normLayer)
      #expect(graph.parameters.last?.shape == [10])
      #expect(graph.parameters.contains { $0.key.hasSuffix("running_mean") && $0.shape[0] == 2 })
    }
  }

  @Test func modulesSurviveJSON() throws {
    let modules = [
      BatchNorm2d()(64), BatchNorm1d(momentum: nil, affine: false)(3), NormModule(numFeatures: 1),
      try DistributedBatchNorm3d(
        virtualWorldSize: 4, accumulationSteps: 3, eps: 0.5, trackRunningStats: false,
        layout: .firstDevice.interleaved)(2),
    ]
    for module in modules {
      let graph = Self.graph(of: module)
      #expect(try Graph(parsing: graph.json.text()) == graph)
    }
  }

  @Test(arguments: [
    #""features": -1"#, #""features": 2, "world_size": 0"#, #""features": 2, "dimensions": 4"#,
    #""features": 2, "layout": "sideways""#, #""features": 2, "world_size": 2"#,
    #""features": 2, "layout": "ghost""#, #""features": 2, "accumulation_steps": 0"#,
    #""features": 2, "affine": 1"#, #""features": "2""#,
  ])
  func whatMakesNoModuleIsAnError(members: String) throws {
    let text = Self.graph(of: NormModule(numFeatures: 2)).json.text()
    let broken = text.replacing(#""features": 2"#, with: members)
    try #require(broken != text)
    #expect(throws: CheckpointError.self) { try Graph(parsing: broken) }
  }

  private static func graph(of module: NormModule) -> Graph {
    Graph(
      name: "one", inputs: [.init("x", shape: [nil, module.numFeatures])],
      nodes: [.init("bn", .batchNorm(.init(module: "bn", module)), [.value("x")])],
      outputs: ["bn"], parameters: [])
  }
}
