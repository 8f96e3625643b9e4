import DBNExecution
import DBNModels
import DBNTensors
import DBNTestSupport
import DBNTorch
import Foundation
import Testing

/// Programs of torch.export, by several versions of PyTorch, against what PyTorch computed from the
/// same weights in float64: within 1e-12 of the largest number of each output.
struct ExportedProgramTests {
  @Test(arguments: try programs())
  func outputsArePyTorchs(program: RecordedProgram) throws {
    let checkpoint = try program.open()
    let model = try #require(try checkpoint.model())
    let stateDict = model.tensors(with: try checkpoint.stateDict())
    for call in try program.calls() {
      var executor = try ReferenceExecutor(model.graph, stateDict)
      let results = try executor.run(
        call.inputs.mapValues { try DenseArray($0) }, mode: program.mode)
      #expect(results.count == call.outputs.count)
      for (index, (result, expected)) in zip(results, call.outputs).enumerated() {
        let error = try relativeError(of: result, expected)
        #expect(error <= 1e-12, "output \(index)")
      }
      let tracked = executor.batchNorms.filter { !$0.value.rows.isEmpty }
      for (name, module) in tracked where program.mode == .training {
        let after = try #require(call.after["\(name).running_mean"])
        let means = module.rows.flatMap(\.mean)
        #expect(try relativeError(of: .init(shape: after.shape, values: means), after) <= 1e-12)
        let variance = try #require(call.after["\(name).running_var"])
        let variances = module.rows.flatMap(\.variance)
        #expect(
          try relativeError(of: .init(shape: variance.shape, values: variances), variance) <= 1e-12)
        #expect(
          try call.after["\(name).num_batches_tracked"]?.doubles()
            == module.rows.map(\.batchesTracked))
      }
    }
  }

  @Test(arguments: try programs())
  func outputsThatAreBoolOrIntegersKeepTheirType(program: RecordedProgram) throws {
    let graph = try #require(try program.open().model()).graph
    for call in try program.calls() {
      let types = call.outputs.map(\.scalarType).map { $0.isFloatingPoint ? nil : $0 }
      #expect(graph.outputs.map { graph.outputTypes[$0] } == types)
    }
  }

  /// In float32, from inputs that are float32: within 1e-5 of the largest number of each output.
  @Test(.oneDNN, arguments: try programs().filter { $0.hasFiniteInputs })
  func outputsAreOneDNNs(program: RecordedProgram) throws {
    let checkpoint = try program.open()
    let model = try #require(try checkpoint.model())
    let stateDict = model.tensors(with: try checkpoint.stateDict())
    for call in try program.calls() {
      var executor = try OneDNNExecutor(
        model.graph, stateDict, options: ExecutionOptions(roundsToFloat32: true))
      let results = try executor.run(
        call.inputs.mapValues { try DenseArray($0) }, mode: program.mode)
      for (index, (result, expected)) in zip(results, call.outputs).enumerated() {
        #expect(try relativeError(of: result, expected) <= 1e-5, "output \(index)")
      }
    }
  }

  @Test(arguments: try programs())
  func theStateDictIsTheModels(program: RecordedProgram) throws {
    let found = try program.open().stateDict()
    let expected = try program.stateDict()
    // Without one, the constants are what a person would look at.
    if expected.names.isEmpty { return }
    #expect(Set(found.names) == Set(expected.names))
    for (name, tensor) in expected.tensors {
      let other = try #require(found[name])
      #expect(other.scalarType == tensor.scalarType && other.shape == tensor.shape)
      #expect(try other.storage.hasEqualBytes(to: tensor.storage), "\(name)")
    }
  }

  private static func programs() throws -> [RecordedProgram] { try RecordedProgram.all() }

  /// The largest difference, relative to the largest expected number; numbers that are not finite
  /// must be the same.
  private func relativeError(of result: DenseArray, _ expected: Tensor) throws -> Double {
    let values = try expected.doubles()
    guard result.shape == expected.shape else { return .infinity }
    let scale = values.filter(\.isFinite).map(abs).max() ?? 0
    var largest = 0.0
    for (found, wanted) in zip(result.values, values) {
      if found == wanted || (found.isNaN && wanted.isNaN) { continue }
      largest = max(largest, (found - wanted).isFinite ? abs(found - wanted) : .infinity)
    }
    return largest == 0 ? 0 : largest / max(scale, .leastNormalMagnitude)
  }
}

/// A program of `Fixtures/export/programs`, `layers` or `tensors`, or of `Fixtures/export/distributed`,
/// whose BatchNorms have four devices, and what was recorded of it.
struct RecordedProgram: Sendable, CustomStringConvertible {
  struct Call {
    let inputs: [String: Tensor]
    let outputs: [Tensor]
    let after: [String: Tensor]
  }

  let folder: String
  let version: String
  let name: String
  private static let fixture = Fixture("export")

  var description: String { "\(folder)/\(version)/\(name)" }

  /// Whether the oneDNN engine can read the inputs: they are neither infinite nor NaN.
  var hasFiniteInputs: Bool {
    !["elements", "reductions", "functions", "pools"].contains { name.hasPrefix($0) }
  }

  var mode: ExecutionMode { name.contains("train") ? .training : .evaluation }

  static func all() throws -> [RecordedProgram] {
    try all("programs", ["2.6", "2.8", "2.13", "2.15"]) + all("distributed", ["2.13", "2.15"])
      + all("layers", ["2.13"]) + all("tensors", ["2.13"])
  }

  private static func all(_ folder: String, _ versions: [String]) throws -> [RecordedProgram] {
    try versions.flatMap { version in
      try FileManager.default.contentsOfDirectory(atPath: fixture.file("\(folder)/\(version)"))
        .sorted().filter { $0.hasSuffix(".pt2") }
        .map { RecordedProgram(folder: folder, version: version, name: String($0.dropLast(4))) }
    }
  }

  func open() throws -> Checkpoint {
    try TorchCheckpoint.read(MappedFile.open(Self.fixture.file("\(self).pt2")))
  }

  private func recorded() throws -> CheckpointDictionary {
    let path = Self.fixture.file("\(self).pth")
    return try #require(TorchCheckpoint.read(MappedFile.open(path)).root.dictionary)
  }

  func stateDict() throws -> StateDict {
    try #require(recorded()["state_dict"]?.dictionary.flatMap { StateDict($0) })
  }

  func calls() throws -> [Call] {
    try #require(recorded()["calls"]?.elements).map { call in
      let parts = try #require(call.dictionary)
      let outputs = try #require(parts["outputs"]?.dictionary).entries.compactMap(\.value.tensor)
      return Call(
        inputs: try tensors(parts["inputs"]), outputs: outputs, after: try tensors(parts["after"]))
    }
  }

  private func tensors(_ value: CheckpointValue?) throws -> [String: Tensor] {
    guard let dictionary = value?.dictionary, let stateDict = StateDict(dictionary) else {
      return [:]
    }
    return Dictionary(stateDict.tensors.map { ($0.name, $0.tensor) }, uniquingKeysWith: { $1 })
  }
}
