import DBNExecution
import DBNModels
import DBNTensors
import DBNTestSupport
import DBNTorch
import Foundation
import Testing

/// A program of a folder of `Fixtures/export`, and what PyTorch gave for it: `programs`; `layers` and
/// `tensors`, with operations of all families; `distributed`, whose BatchNorms have four devices; `batch-norms`, with BatchNorms used in other
/// ways.
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
    ![
      "elements", "reductions", "statistics", "functions", "pools", "activations", "grids",
      "maxima",
    ].contains { name.hasPrefix($0) }
  }

  static func all() throws -> [RecordedProgram] {
    try all("programs", ["2.6", "2.8", "2.13", "2.15"]) + all("distributed", ["2.13", "2.15"])
      + all("layers", ["2.13"]) + all("tensors", ["2.13"]) + ofBatchNorms()
  }

  static func ofBatchNorms() throws -> [RecordedProgram] {
    try all("batch-norms", ["2.13", "2.15"])
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

  /// In the mode in which it was exported.
  func calls() throws -> [Call] {
    try #require(recorded()["calls"]?.elements).map(call)
  }

  /// With all modules of the model in a mode.
  func call(in mode: ExecutionMode) throws -> Call {
    try call(#require(recorded()[mode == .training ? "training" : "evaluation"]))
  }

  private func call(_ value: CheckpointValue) throws -> Call {
    let parts = try #require(value.dictionary)
    let outputs = try #require(parts["outputs"]?.dictionary).entries.compactMap(\.value.tensor)
    return Call(
      inputs: try tensors(parts["inputs"]), outputs: outputs, after: try tensors(parts["after"]))
  }

  private func tensors(_ value: CheckpointValue?) throws -> [String: Tensor] {
    guard let dictionary = value?.dictionary, let stateDict = StateDict(dictionary) else {
      return [:]
    }
    return Dictionary(stateDict.tensors.map { ($0.name, $0.tensor) }, uniquingKeysWith: { $1 })
  }

  /// Runs the program, and compares outputs and running statistics with PyTorch's: the largest
  /// difference, relative to the largest number of each tensor.
  func check(
    _ call: Call, mode: ExecutionMode?, engine: Engine, tolerance: Double
  ) throws {
    let checkpoint = try open()
    let model = try #require(try checkpoint.model())
    var executor = try engine.executor(
      model.graph.withUpdatesAsOutputs, model.tensors(with: try checkpoint.stateDict()),
      options: ExecutionOptions(roundsToFloat32: true))
    let results = try executor.run(call.inputs.mapValues { try DenseArray($0) }, mode: mode)
    #expect(results.count == call.outputs.count + model.graph.updates.count)
    for (index, (result, expected)) in zip(results, call.outputs).enumerated() {
      #expect(try Self.error(of: result, expected) <= tolerance, "output \(index)")
    }
    if call.after.isEmpty { return }
    for ((key, _), result) in zip(
      model.graph.updates.sorted(by: { $0.key < $1.key }), results.dropFirst(call.outputs.count))
    {
      #expect(try Self.error(of: result, #require(call.after[key])) <= tolerance, "\(key)")
    }
    for (name, module) in executor.batchNorms where !module.rows.isEmpty {
      let prefix = name.isEmpty ? "" : "\(name)."
      for (last, numbers) in [
        ("running_mean", module.rows.flatMap(\.mean)),
        ("running_var", module.rows.flatMap(\.variance)),
        ("num_batches_tracked", module.rows.map(\.batchesTracked)),
      ] {
        let after = try #require(call.after[prefix + last])
        let found = try DenseArray(shape: after.shape, values: numbers)
        #expect(try Self.error(of: found, after) <= tolerance, "\(prefix)\(last)")
      }
    }
  }

  /// The largest difference, relative to the largest expected number; numbers that are not finite
  /// must be the same.
  private static func error(of result: DenseArray, _ expected: Tensor) throws -> Double {
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
