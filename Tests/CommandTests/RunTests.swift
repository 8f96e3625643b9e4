import DBNCheckpoints
import DBNExecution
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// `run` and `models`.
struct RunTests {
  private func writeImage(to path: String) throws {
    var inputs = StateDict()
    inputs["x"] = try Tensor(
      rounding: (0..<3 * 16 * 16).map { Double($0 % 17) / 17 }, to: .float32,
      shape: [1, 3, 16, 16])
    try Checkpoint(root: .dictionary(inputs.dictionary)).write(to: path)
  }

  @Test func modelsListsTheArchitectures() throws {
    let models = try JSON(parsing: Command("models", "--json").output)["models"]?.array
    #expect(models?.contains("resnext50_32x4d") == true && models?.count == 68)
  }

  @Test func aModelIsRecognisedByItsWeightsAndRun() throws {
    let folder = try TemporaryFolder()
    try writeImage(to: folder.file("x.h5"))
    let weights = Fixture("torch/resnet18").file("checkpoint.pth")
    let arguments = ["--input", folder.file("x.h5"), "--output", folder.file("y.h5")]
    let command = try Command(["run", weights] + arguments)
    #expect(command.status == 0, "\(command.error)")
    #expect(command.output.contains("resnet18"))
    let outputs = try Checkpoint.open(folder.file("y.h5")).stateDict()
    #expect(outputs["output_0"]?.shape == [1, 1000])
  }

  /// Files of samples, as `eval` takes them, have other tensors beside the inputs.
  @Test func theOnlyInputIsFoundAmongSamples() throws {
    let folder = try TemporaryFolder()
    let digits = Fixture("torch/digits-shards")
    for (data, output) in [
      ("test.npz", "a.h5"), ("test.safetensors", "b.h5"), ("test.npz", "c.npy"),
    ] {
      let command = try Command(
        "run", digits.file("model.pt2"), "--input", digits.file(data), "--output",
        folder.file(output))
      #expect(command.status == 0, "\(command.error)")
    }
    #expect(try Command("diff", folder.file("a.h5"), folder.file("b.h5")).status == 0)
    let alone = try #require(Checkpoint.open(folder.file("c.npy")).root.tensor)
    let named = try Checkpoint.open(folder.file("a.h5")).stateDict()["output_0"]
    #expect(try alone.doubles() == named?.doubles() && alone.shape == [360, 10])
  }

  private func runImage(
    in folder: TemporaryFolder, engine: String?, environment: [String: String] = [:]
  ) throws -> Command {
    let weights = Fixture("torch/resnet18").file("checkpoint.pth")
    return try Command(
      ["run", weights, "--input", folder.file("x.h5"), "--threads", "2", "--force"]
        + ["--output", folder.file("\(engine ?? "standard").h5")]
        + (engine.map { ["--engine", $0] } ?? []), environment: environment)
  }

  /// To 1e-4 of the largest output.
  @Test(.enabled(if: Engine.oneDNN.isAvailable, "oneDNN's library is not installed"))
  func theEngineIsTheUsers() throws {
    let folder = try TemporaryFolder()
    try writeImage(to: folder.file("x.h5"))
    #expect(try runImage(in: folder, engine: "reference").status == 0)
    let command = try runImage(in: folder, engine: "onednn")
    #expect(command.status == 0, "\(command.error)")
    let outputs = try ["reference", "onednn"].map { engine in
      let stateDict = try Checkpoint.open(folder.file("\(engine).h5")).stateDict()
      return try #require(stateDict["output_0"]).doubles()
    }
    let scale = try #require(outputs[0].map(abs).max())
    #expect(zip(outputs[0], outputs[1]).allSatisfy { abs($0 - $1) <= 1e-4 * scale })
  }

  /// A file that does not exist, and a library that is not oneDNN.
  @Test(arguments: ["/nonexistent/libdnnl.so.3", "libz.so.1"])
  func withoutOneDNNItsEngineIsAnErrorThatSaysWhatToDo(library: String) throws {
    let folder = try TemporaryFolder()
    try writeImage(to: folder.file("x.h5"))
    let environment = ["DBN_ONEDNN_LIBRARY": library]
    let command = try runImage(in: folder, engine: "onednn", environment: environment)
    #expect(command.status == 2)
    for part in [library, "install it", "DBN_ONEDNN_LIBRARY", "--engine reference"] {
      #expect(command.error.contains(part), "\(part): \(command.error)")
    }
    #expect(folder.contents.sorted() == ["x.h5"])
    let standard = try runImage(in: folder, engine: nil, environment: environment)
    #expect(standard.status == 0, "\(standard.error)")
    #expect(folder.contents.sorted() == ["standard.h5", "x.h5"])
  }

  #if arch(x86_64)
    /// For older processors oneDNN has kernels that came out wrong on random graphs.
    @Test(.enabled(if: Engine.oneDNN.isAvailable), arguments: ["SSE41", "AVX"])
    func withoutAVX2TheOneDNNEngineIsAnError(instructions: String) throws {
      let folder = try TemporaryFolder()
      try writeImage(to: folder.file("x.h5"))
      let names = ["DNNL_MAX_CPU_ISA", "ONEDNN_MAX_CPU_ISA"]
      let command = try runImage(
        in: folder, engine: "onednn",
        environment: Dictionary(uniqueKeysWithValues: names.map { ($0, instructions) }))
      #expect(command.status == 2)
      #expect(command.error.contains("this processor has no AVX2"), "\(command.error)")
      #expect(command.error.contains("--engine reference"))
    }
  #endif

  /// Images of 16x16, so few that a test takes no time.
  private func writeImages(_ samples: Int, to path: String) throws {
    var inputs = StateDict()
    inputs["x"] = try Tensor(
      rounding: (0..<samples * 3 * 16 * 16).map { Double($0 % 17) / 17 }, to: .float32,
      shape: [samples, 3, 16, 16])
    try Checkpoint(root: .dictionary(inputs.dictionary)).write(to: path)
  }

  @Test(arguments: ["nowhere/s.h5", "s.safetensors"])
  func aStateThatCannotBeWrittenLeavesNoOutputs(state: String) throws {
    let folder = try TemporaryFolder()
    try writeImages(4, to: folder.file("x.h5"))
    // A folder has its name already.
    if !state.contains("/") {
      try FileManager.default.createDirectory(
        atPath: folder.file(state), withIntermediateDirectories: false)
    }
    let before = folder.contents
    let command = try Command(
      "run", Fixture("torch/resnet18").file("checkpoint.pth"), "--input", folder.file("x.h5"),
      "--output", folder.file("y.h5"), "--mode", "train", "--save-state", folder.file(state))
    #expect(command.status == 2 && command.error.contains(state))
    #expect(folder.contents == before)
  }

  @Test(arguments: ["y.h5", "./y.h5", "../{folder}/y.h5"])
  func outputsAndStateAreTwoFiles(state: String) throws {
    let folder = try TemporaryFolder()
    let name = URL(filePath: folder.file("y.h5")).deletingLastPathComponent().lastPathComponent
    let command = try Command(
      "run", Fixture("torch/resnet18").file("checkpoint.pth"), "--input", folder.file("x.h5"),
      "--output", folder.file("y.h5"), "--mode", "train", "--save-state",
      folder.file(state.replacing("{folder}", with: name)))
    #expect(command.status == 64 && command.error.contains("different files"))
    #expect(folder.contents.isEmpty)
  }

  @Test func outputsAndStateAreBothWritten() throws {
    let folder = try TemporaryFolder()
    try writeImages(4, to: folder.file("x.h5"))
    let command = try Command(
      "run", Fixture("torch/resnet18").file("checkpoint.pth"), "--input", folder.file("x.h5"),
      "--output", folder.file("y.h5"), "--mode", "train", "--save-state", folder.file("s.pth"))
    #expect(command.status == 0, "\(command.error)")
    let stateDict = try Checkpoint.open(folder.file("s.pth")).stateDict()
    let before = try Checkpoint.open(Fixture("torch/resnet18").file("checkpoint.pth"))
      .stateDict()
    let counters = stateDict.tensors.filter { $0.name.hasSuffix("num_batches_tracked") }
    #expect(counters.count == 20 && stateDict.names == before.names)
    for (name, tensor) in counters {
      #expect(try tensor.integers() == before[name]?.integers().map { $0 + 1 })
    }
    #expect(folder.contents.sorted() == ["s.pth", "x.h5", "y.h5"])
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
