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

  @Test func weightsOfNoKnownModelAreRefused() throws {
    let folder = try TemporaryFolder()
    let digits = Fixture("torch/digits-standard").file("checkpoint.pth")
    let command = try Command(
      "run", digits, "--input", digits, "--output", folder.file("y.h5"))
    #expect(command.status == 2 && command.error.contains("known architecture"))
    #expect(folder.contents.isEmpty)
  }
}
