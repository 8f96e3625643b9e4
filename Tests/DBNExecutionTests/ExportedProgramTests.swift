import DBNExecution
import DBNModels
import DBNTensors
import DBNTestSupport
import Testing

/// Programs of torch.export, by several versions of PyTorch, against what PyTorch computed from the
/// same weights in float64: within 1e-12 of the largest number of each output.
struct ExportedProgramTests {
  /// Each BatchNorm in the mode with which it was exported.
  @Test(arguments: try programs())
  func outputsArePyTorchs(program: RecordedProgram) throws {
    for call in try program.calls() {
      try program.check(call, mode: nil, engine: .reference, tolerance: 1e-12)
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
    for call in try program.calls() {
      try program.check(call, mode: nil, engine: .oneDNN, tolerance: 1e-5)
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
}
