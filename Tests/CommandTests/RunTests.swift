import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

/// `run` and `models`.
struct RunTests {
  @Test func modelsListsTheArchitectures() throws {
    let models = try JSON(parsing: Command("models", "--json").output)["models"]?.array
    #expect(models?.contains("resnext50_32x4d") == true && models?.count == 19)
  }

  @Test func aModelIsRecognisedByItsWeightsAndRun() throws {
    let folder = try TemporaryFolder()
    var inputs = StateDict()
    inputs["x"] = try Tensor(
      rounding: (0..<3 * 16 * 16).map { Double($0 % 17) / 17 }, to: .float32,
      shape: [1, 3, 16, 16])
    try Checkpoint(root: .dictionary(inputs.dictionary)).write(to: folder.file("x.h5"))
    let weights = Fixture("torch/resnet18").file("checkpoint.pth")
    let arguments = ["--input", folder.file("x.h5"), "--output", folder.file("y.h5")]
    let command = try Command(["run", weights] + arguments)
    #expect(command.status == 0, "\(command.error)")
    #expect(command.output.contains("resnet18"))
    let outputs = try Checkpoint.open(folder.file("y.h5")).findStateDict().stateDict
    #expect(outputs["output_0"]?.shape == [1, 1000])
  }

  /// To 1e-4 of the largest output.
  @Test func theEngineIsTheUsers() throws {
    let folder = try TemporaryFolder()
    var inputs = StateDict()
    inputs["x"] = try Tensor(
      rounding: (0..<3 * 16 * 16).map { Double($0 % 17) / 17 }, to: .float32,
      shape: [1, 3, 16, 16])
    try Checkpoint(root: .dictionary(inputs.dictionary)).write(to: folder.file("x.h5"))
    let weights = Fixture("torch/resnet18").file("checkpoint.pth")
    func run(_ engine: String) throws -> Command {
      try Command(
        "run", weights, "--input", folder.file("x.h5"), "--output", folder.file("\(engine).h5"),
        "--engine", engine, "--threads", "2")
    }
    #expect(try run("reference").status == 0)
    let command = try run("onednn")
    #if OneDNN
      #expect(command.status == 0, "\(command.error)")
      let outputs = try ["reference", "onednn"].map { engine in
        let stateDict = try Checkpoint.open(folder.file("\(engine).h5")).findStateDict().stateDict
        return try #require(stateDict["output_0"]).doubles()
      }
      let scale = try #require(outputs[0].map(abs).max())
      #expect(zip(outputs[0], outputs[1]).allSatisfy { abs($0 - $1) <= 1e-4 * scale })
    #else
      print("*** LEFT OUT: the oneDNN engine, which this build does not have")
      #expect(command.status == 2 && command.error.contains("libdnnl-dev"))
      #expect(folder.contents.sorted() == ["reference.h5", "x.h5"])
    #endif
  }

  @Test func thereIsAtLeastOneThread() throws {
    let command = try Command(
      "run", "model.pth", "--input", "x.h5", "--output", "y.h5", "--threads", "0")
    #expect(command.status == 64 && command.error.contains("--threads"))
  }

  @Test func weightsOfNoKnownModelAreRefused() throws {
    let folder = try TemporaryFolder()
    let digits = Fixture("torch/digits-standard").file("checkpoint.pth")
    let command = try Command(
      "run", digits, "--input", digits, "--output", folder.file("y.h5"))
    #expect(command.status == 2 && command.error.contains("known architecture"))
    #expect(folder.contents.isEmpty)
  }
}
