import DBNCheckpointFormats
import DBNTensors
import DBNTestSupport
import Testing

@testable import DBNHDF5

/// Weight files of Keras, and PyTorch's names for what is in them.
struct KerasTests {
  private static let fixtures = Fixture.all("keras")

  private func stateDict(_ fixture: Fixture) throws -> StateDict {
    let checkpoint = try HDF5Checkpoint.read(fixture.file("weights.h5"))
    return try #require(checkpoint.root.dictionary.flatMap { StateDict($0) })
  }

  @Test(arguments: fixtures)
  func filesOfKerasAreReadInTheirOrder(fixture: Fixture) throws {
    #expect(try KerasHDF5Format().probe(SourceFile(fixture.file("weights.h5"))) != nil)
    #expect(try Expectation.tensors(stateDict(fixture)) == fixture.expected["tensors"])
  }

  @Test(arguments: Fixture.all("hdf5").filter { $0.name != "hdf5/hostile" })
  func otherFilesAreNotTakenForKeras(fixture: Fixture) throws {
    #expect(try KerasHDF5Format().probe(SourceFile(fixture.file("weights.h5"))) == nil)
  }

  @Test(arguments: fixtures)
  func everyLayerGetsTheNamesAndAxesOfPyTorch(fixture: Fixture) throws {
    let (converted, report) = try KerasNames.converting(stateDict(fixture))
    let rows = try #require(fixture.expected["pytorch"]?.array)
    #expect(report.converted.count == rows.count)
    var expected = StateDict()
    for name in rows.compactMap({ $0["name"]?.string }) { expected[name] = converted[name] }
    #expect(try Expectation.tensors(expected).array == rows)
    let counters = converted.names.filter { $0.hasSuffix(".num_batches_tracked") }
    #expect(try counters.count == 2 && counters.allSatisfy { try converted[$0]?.integers() == [0] })
    let others = converted.names.filter { expected[$0] == nil && !counters.contains($0) }
    #expect(report.skipped.map(\.name) == others)
    #expect(others.allSatisfy { $0.hasPrefix("optimizer") })
  }

  /// Variables by number with their shapes, and what becomes of them; nil: nothing.
  private static let layers: [(String, [[Int]], [String]?)] = [
    ("encoder.bn", [[4], [4], [4], [4]], ["weight", "bias", "running_mean", "running_var"]),
    ("batch_normalization_3", [[4], [4]], ["running_mean", "running_var"]),
    ("batch_normalization", [[4], [4], [4]], nil),
    ("layer_normalization", [[4]], nil),
    ("first", [[3, 3, 2, 5], [5]], ["weight", "bias"]),
    ("first", [[3, 3, 2, 5]], nil),
    ("conv2d", [[3, 3, 2, 5]], ["weight"]),
    ("first", [[2, 4, 8], [8]], nil),
    ("einsum_dense", [[4, 2], [2]], nil),
    ("p_re_lu", [[1, 1, 4]], nil),
    ("first", [[1, 1, 4]], nil),
    ("depth", [[3, 3, 4, 2], [8]], ["weight", "bias"]),
    ("depth", [[3, 3, 4, 1]], nil),
    ("depth", [[3, 3, 4, 1], [4]], nil),
    ("depthwise_conv2d_7", [[3, 3, 4, 1], [4]], ["weight", "bias"]),
    ("head", [[4, 2], [2]], ["weight", "bias"]),
    ("head", [[4, 2]], nil),
    ("dense_1", [[4, 2]], ["weight"]),
    ("embedding", [[4, 2]], ["weight"]),
    (
      "lstm", [[4, 8], [2, 8], [8]], ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]
    ),
    ("lstm", [[4, 8], [2, 8], [2, 8]], nil),
    (
      "gru", [[4, 6], [2, 6], [2, 6]], ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]
    ),
    ("gru", [[4, 6], [2, 6], [6]], nil),
    ("gru", [[4, 6], [2, 6]], nil),
  ]

  @Test(arguments: layers)
  func layersAreToldByNameAndShape(layer: String, shapes: [[Int]], roles: [String]?) throws {
    var stateDict = StateDict()
    for (index, shape) in shapes.enumerated() {
      stateDict["layers.\(layer).vars.\(index)"] = try Sample.tensor(.float32, shape)
    }
    let (converted, report) = try KerasNames.converting(stateDict)
    // A BatchNorm begins to count.
    let isBatchNorm = roles?.contains("running_var") ?? false
    let expected = (roles ?? []) + (isBatchNorm ? ["num_batches_tracked"] : [])
    #expect(converted.names == (roles == nil ? stateDict.names : expected.map { "\(layer).\($0)" }))
    #expect(report.skipped.isEmpty == (roles != nil))
    #expect(report.skipped.allSatisfy { !$0.reason.isEmpty })
  }

  @Test func twoWeightsUnderOneNameAreRefused() throws {
    var stateDict = StateDict()
    for name in ["a.gamma", "a.gamma:0"] { stateDict[name] = try Sample.tensor(.float32, [2]) }
    let error = #expect(throws: CheckpointError.self) { try KerasNames.converting(stateDict) }
    #expect(error?.code == .nameCollision && error?.name == "a.weight")
  }
}
