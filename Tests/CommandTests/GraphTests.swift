import DBNCheckpoints
import DBNExecution
import DBNTensors
import DBNTestSupport
import Testing

/// `.pt2` files, and files that carry their graph, through the command.
struct GraphTests {
  private static let fixture = Fixture("export/programs")

  /// The inputs of a recorded call as a file, and its outputs.
  private func recorded(_ name: String, in folder: TemporaryFolder) throws -> StateDict {
    try recorded(at: Self.fixture.file("2.15/\(name).pth"), in: folder)
  }

  private func recorded(at path: String, in folder: TemporaryFolder) throws -> StateDict {
    let calls = try #require(try Checkpoint.open(path).root.dictionary?["calls"]?.elements)
    let call = try #require(calls.first?.dictionary)
    try Checkpoint(root: try #require(call["inputs"])).write(to: folder.file("in.h5"))
    return try #require(call["outputs"]?.dictionary.flatMap { StateDict($0) })
  }

  private func run(_ model: String, in folder: TemporaryFolder) throws -> StateDict {
    let command = try Command(
      "run", model, "--input", folder.file("in.h5"), "--output", folder.file("out.h5"), "--force")
    #expect(command.status == 0, "\(command.error)")
    return try Checkpoint.open(folder.file("out.h5")).stateDict()
  }

  @Test(arguments: ["indices", "arrangements"], ["reference", "onednn"])
  func outputsThatAreBoolOrIntegersKeepTheProgramsType(name: String, engine: String) throws {
    if engine == "onednn", !Engine.oneDNN.isAvailable { return }
    let folder = try TemporaryFolder()
    let fixture = Fixture("export/tensors")
    let expected = try recorded(at: fixture.file("2.13/\(name).pth"), in: folder)
    let command = try Command(
      "run", fixture.file("2.13/\(name).pt2"), "--input", folder.file("in.h5"), "--output",
      folder.file("out.h5"), "--engine", engine)
    #expect(command.status == 0, "\(command.error)")
    let outputs = try Checkpoint.open(folder.file("out.h5")).stateDict()
    let integers = expected.tensors.filter { !$0.tensor.scalarType.isFloatingPoint }
    #expect(Set(integers.map(\.tensor.scalarType)).isSuperset(of: [.int64]))
    for (name, tensor) in integers {
      #expect(outputs[name]?.scalarType == tensor.scalarType)
      #expect(try outputs[name]?.doubles() == tensor.doubles())
    }
    let floats = outputs.tensors.filter { $0.tensor.scalarType == .float32 }
    #expect(integers.count + floats.count == expected.count)
  }

  /// Inputs that are integers are drawn as integers: an embedding has no row 0.7.
  @Test func aModelOfIntegersIsVerified() throws {
    let folder = try TemporaryFolder()
    let program = Fixture("export/tensors").file("2.13/embedded.pt2")
    let verified = try Command("verify", program, program, "--model", "auto")
    #expect(verified.status == 0 && verified.output.contains("bit-identical"), "\(verified.error)")
    let converted = folder.file("model.h5")
    let mapped = try Command(
      "to-distributed", program, converted, "--world-size", "2", "--verify", "--model", "auto")
    #expect(mapped.status == 0 && mapped.output.contains("bit-identical"), "\(mapped.error)")
  }

  @Test(arguments: ["small", "dynamic", "trees", "views"], ["h5", "pth", "safetensors"])
  func aConvertedProgramRunsFromThatFileAlone(name: String, format: String) throws {
    let folder = try TemporaryFolder()
    let expected = try recorded(name, in: folder)
    let program = Self.fixture.file("2.15/\(name).pt2")
    let outputs = try run(program, in: folder)
    #expect(outputs.names == expected.names)
    for (name, tensor) in expected.tensors {
      let found = try #require(outputs[name])
      let differences = zip(try found.doubles(), try tensor.doubles()).map { abs($0 - $1) }
      // The outputs are float32, as the weights are.
      let scale = try tensor.doubles().map(abs).max() ?? 0
      #expect(found.shape == tensor.shape && differences.allSatisfy { $0 <= 1e-7 * scale })
    }
    let converted = folder.file("model.\(format)")
    // Programs of two samples, one for each device; the others run with more.
    let isFixed = ["trees", "views"].contains(name)
    let command = try Command(
      "to-distributed", program, converted, "--world-size", isFixed ? "2" : "4", "--verify",
      "--model", "auto")
    #expect(command.status == 0, "\(command.error)")
    if isFixed {
      let refused = try Command(
        "to-distributed", program, converted, "--world-size", "4", "--verify", "--model", "auto",
        "--force")
      #expect(refused.status == 2 && refused.error.contains("reaches 2 of 4 devices"))
      #expect(refused.error.contains("dynamic_shapes"))
    }
    #expect(command.output.contains("bit-identical"))
    let again = try run(converted, in: folder)
    for (name, tensor) in outputs.tensors {
      #expect(try again[name]?.storage.hasEqualBytes(to: tensor.storage) == true)
    }
  }

  @Test func weightsOfAnotherFileRunWithTheGraphOfAProgram() throws {
    let folder = try TemporaryFolder()
    _ = try recorded("small", in: folder)
    let program = Self.fixture.file("2.15/small.pt2")
    let weights = folder.file("weights.pth")
    let convert = try Command("convert", program, weights, "--state-dict-only", "--json")
    #expect(convert.output.contains("graph"))
    #expect(try Checkpoint.open(weights).graph == nil)
    let command = try Command(
      "run", program, "--weights", weights, "--input", folder.file("in.h5"), "--output",
      folder.file("out.h5"))
    #expect(command.status == 0, "\(command.error)")
    let alone = try Command(
      "run", weights, "--input", folder.file("in.h5"), "--output", folder.file("other.h5"))
    #expect(alone.status == 2 && alone.error.contains("contains no graph"))
  }

  @Test func anInputOfAnotherShapeIsRefusedByName() throws {
    let folder = try TemporaryFolder()
    var inputs = StateDict()
    inputs["x"] = try Tensor(
      rounding: Array(repeating: 0, count: 24), to: .float32, shape: [2, 3, 2, 2])
    try Checkpoint(root: .dictionary(inputs.dictionary)).write(to: folder.file("in.h5"))
    let command = try Command(
      "run", Self.fixture.file("2.15/small.pt2"), "--input", folder.file("in.h5"), "--output",
      folder.file("out.h5"))
    #expect(command.status == 2)
    #expect(command.error.contains("'x'") && command.error.contains("[2, 3, 9, 11]"))
    #expect(folder.contents == ["in.h5"])
  }

  @Test func infoTellsTheFormat() throws {
    let command = try Command("info", Self.fixture.file("2.15/small.pt2"), "--json")
    #expect(try JSON(parsing: command.output)["format"] == "torch-export")
  }
}
