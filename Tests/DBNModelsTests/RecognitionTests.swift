import DBNModels
import DBNTensors
import DBNTestSupport
import Testing

/// Architectures told from the names and shapes of their weights.
struct RecognitionTests {
  /// Tensors of these shapes, whose numbers nothing reads.
  private func stateDict(
    _ graph: Graph, and others: [String: [Int]] = [:]
  ) throws -> StateDict {
    var stateDict = StateDict()
    for (key, shape) in graph.parameters.map({ ($0.key, $0.shape) }) + others.map({ ($0, $1) }) {
      let count = shape.reduce(1, *)
      let storage = TensorStorage(RepeatedBytes(TensorStorage([0]), count: count))
      stateDict[key] = try Tensor(.uint8, shape: shape, storage: storage)
    }
    return stateDict
  }

  @Test func everyArchitectureIsToldFromAllOthers() throws {
    for architecture in Architecture.all {
      let graph = architecture(classes: 7)
      let model = try Architecture.recognise(stateDict(graph))
      #expect(model?.graph == graph, "\(architecture.name)")
    }
  }

  @Test func distributedBatchNormsOfAVideoModelAreRecognised() throws {
    let distributed = VideoResNet.mc3_18(
      normLayer: try DistributedBatchNorm3d(virtualWorldSize: 4))
    #expect(try Architecture.recognise(stateDict(distributed))?.graph.name == "mc3_18")
  }

  /// They serve training alone, and torchvision's files have them.
  @Test(arguments: [
    (GoogLeNet.googlenet, ["aux1.conv.bn.running_mean": [128], "aux2.fc2.bias": [10]], "aux1"),
    (InceptionV3.inception_v3, ["AuxLogits.fc.weight": [10, 768]], "AuxLogits"),
    (FCN.fcn_resnet50, ["aux_classifier.4.weight": [21, 256, 1, 1]], "aux_classifier"),
  ])
  func weightsWithAndWithoutAuxiliaryHeadsAreTheSameModel(
    architecture: Architecture, heads: [String: [Int]], mentioned: String
  ) throws {
    let graph = architecture()
    let without = try #require(try Architecture.recognise(stateDict(graph)))
    let with = try #require(try Architecture.recognise(stateDict(graph, and: heads)))
    #expect(with.graph == without.graph)
    #expect(!without.notes.contains { $0.contains(mentioned) })
    #expect(with.notes.contains { $0.contains(mentioned) })
  }

  /// Whether the weights need it can't be known.
  @Test(arguments: [GoogLeNet.googlenet, InceptionV3.inception_v3])
  func aNoteSaysThatTheInputIsNotTransformed(architecture: Architecture) throws {
    let model = try #require(try Architecture.recognise(stateDict(architecture())))
    #expect(model.notes.contains { $0.contains("transform_input") })
  }

  @Test(arguments: [GoogLeNet.googlenet, ResNet.resnet18])
  func aTensorTooManyOrTooFewIsAnotherModel(architecture: Architecture) throws {
    let graph = architecture()
    #expect(try Architecture.recognise(stateDict(graph, and: ["aux3.bias": [4]])) == nil)
    var fewer = try stateDict(graph)
    fewer["fc.bias"] = nil
    #expect(Architecture.recognise(fewer) == nil)
  }
}
