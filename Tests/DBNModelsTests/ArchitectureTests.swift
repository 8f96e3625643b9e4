import DBNModels
import DBNTensors
import DBNTestSupport
import Testing

struct ArchitectureTests {
  @Test func everyArchitectureOfTheFixtureIsThere() throws {
    let members = try #require(try Fixture("architectures").expected.members)
    #expect(Set(members.map(\.name)) == Set(Architecture.all.map(\.name)))
  }

  @Test(arguments: Architecture.all.map(\.name))
  func keysAndShapesAreTorchvisions(name: String) throws {
    let expected = try #require(try Fixture("architectures").expected[name])
    let architecture = try #require(Architecture.named(name))
    let graph = architecture()
    let lines = graph.parameters.map { "\($0.key) \($0.shape)\n" }.joined()
    let elements = graph.parameters.reduce(0) { $0 + $1.shape.reduce(1, *) }
    #expect(expected["tensors"] == .int(graph.parameters.count))
    #expect(expected["elements"] == .int(elements))
    let crc32 = ByteRegion(Array(lines.utf8)).withBytes { CRC32.of($0) }
    #expect(expected["crc32"]?.string.flatMap { UInt32($0, radix: 16) } == crc32)
  }

  @Test(arguments: Architecture.all.map(\.name))
  func epsilonAndMomentumAreTorchvisions(name: String) throws {
    let expected = try #require(try Fixture("architectures").expected[name])
    let architecture = try #require(Architecture.named(name))
    let norms = architecture().nodes.compactMap { $0.operation.batchNorm?.norm }
    let runs = try #require(expected["norms"]?.array)
    #expect(!runs.isEmpty)
    var rest = norms[...]
    for run in runs {
      guard case .array(let parts) = run, case .int(let count) = parts[0] else { continue }
      for norm in rest.prefix(count) {
        #expect(parts[1] == .double(norm.eps) && norm.momentum.map { .double($0) } == parts[2])
      }
      rest = rest.dropFirst(count)
    }
    #expect(rest.isEmpty)
  }

  @Test func everyNodeHasItsOwnNameAndUsesWhatWasMadeBefore() throws {
    for architecture in Architecture.all {
      let graph = architecture()
      var made = Set(graph.inputs.map(\.name))
      let keys = Set(graph.parameters.map(\.key))
      for node in graph.nodes {
        for operand in node.operands {
          switch operand {
          case .value(let name): #expect(made.contains(name), "\(name) in \(graph.name)")
          case .parameter(let key): #expect(keys.contains(key))
          case .none: break
          }
        }
        for output in node.outputs { #expect(made.insert(output).inserted) }
      }
      #expect(graph.outputs.allSatisfy(made.contains))
    }
  }

  @Test func theNormLayerDecidesTheBuffers() throws {
    let resnext = try #require(Architecture.named("resnext50_32x4d"))
    let graph = resnext(normLayer: try DistributedBatchNorm2d(virtualWorldSize: 8))
    let shapes = Dictionary(
      graph.parameters.map { ($0.key, $0.shape) }, uniquingKeysWith: { first, _ in first })
    #expect(shapes["bn1.running_mean"] == [8, 64])
    #expect(shapes["bn1.num_batches_tracked"] == [8])
    #expect(shapes["bn1.weight"] == [64])
    #expect(shapes["layer1.0.conv2.weight"] == [128, 4, 3, 3])
    let video = try VideoResNet.r3d_18(normLayer: DistributedBatchNorm2d(virtualWorldSize: 2))
    let norms = video.nodes.compactMap { $0.operation.batchNorm?.norm }
    #expect(norms.allSatisfy { $0.dimensions == 3 && $0.worldSize == 2 })
    let plain = resnext(normLayer: BatchNorm2d(affine: false, trackRunningStats: false))
    #expect(!plain.parameters.contains { $0.key.hasPrefix("bn1.") })
  }
}
