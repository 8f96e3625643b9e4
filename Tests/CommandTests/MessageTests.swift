import DBNCheckpoints
import DBNTensors
import DBNTestSupport
import Testing

/// What the command says when a person gives it something else than it needs: the file, what is
/// wrong, and what to do on this very command.
struct MessageTests {
  private let folder: TemporaryFolder
  private let digits = Fixture("torch/digits-shards")
  private var model: String { digits.file("model.pt2") }
  private var checkpoint: String { digits.file("checkpoint.pth") }

  init() throws {
    folder = try TemporaryFolder()
  }

  /// The samples of the fixture with one tensor replaced, as a file.
  private func samples(_ name: String, _ tensor: (Tensor) throws -> Tensor) throws -> String {
    var samples = try Checkpoint.open(digits.file("test.npz")).stateDict()
    samples[name] = try tensor(try #require(samples[name]))
    let path = folder.file("\(name)-\(folder.contents.count).safetensors")
    try Checkpoint(root: .dictionary(samples.dictionary)).write(to: path)
    return path
  }

  /// The fixture as `DataParallel` saves it.
  private func wrappedCheckpoint() throws -> String {
    var wrapped = StateDict()
    for (name, tensor) in try Checkpoint.open(checkpoint).stateDict().tensors {
      wrapped["module.\(name)"] = tensor
    }
    let path = folder.file("ddp.pth")
    try Checkpoint(root: .dictionary(wrapped.dictionary)).write(to: path)
    return path
  }

  private func expect(
    _ arguments: [String], status: Int32 = 2, says texts: String...,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let result = try Command(arguments)
    #expect(result.status == status, "\(result.error)", sourceLocation: sourceLocation)
    for text in texts {
      #expect(result.error.contains(text), "\(result.error)", sourceLocation: sourceLocation)
    }
  }

  @Test func labelsThatAreNoClassesAreExplained() throws {
    let floats = try samples("labels") {
      try Tensor(rounding: $0.integers().map(Double.init), to: .float32, shape: $0.shape)
    }
    try expect(
      ["eval", model, "--data", floats],
      says: ".safetensors: 'labels': labels cannot be float32",
      "store the classes as integers: labels.astype('int64')")
    let oneHot = try samples("labels") { labels in
      let rows = try labels.integers().flatMap { label in
        (0..<10).map { Int64($0 == label ? 1 : 0) }
      }
      return try Tensor(elements: rows, shape: [labels.count, 10])
    }
    try expect(
      ["eval", model, "--data", oneHot], says: "need labels of the shape [", "labels.argmax(1)")
  }

  @Test func labelsBetweenClassesAreNotRounded() throws {
    let halves = try samples("labels") {
      try Tensor(rounding: $0.integers().map { Double($0) + 0.5 }, to: .float32, shape: $0.shape)
    }
    let result = try Command("eval", model, "--data", halves)
    #expect(result.error.contains("store the number of each sample's class"), "\(result.error)")
  }

  @Test func aSingleArrayIsNoSamples() throws {
    let array = folder.file("images.npy")
    try Checkpoint(root: .tensor(try .float32([1, 2]))).write(to: array)
    try expect(
      ["eval", model, "--data", array], says: "images.npy: is a single tensor", "numpy.savez(")
  }

  @Test func imagesWithTheirChannelsLastAreRecognised() throws {
    let data = try samples("images") { try $0.permuted([0, 2, 3, 1]) }
    try expect(
      ["eval", model, "--data", data], says: ".safetensors: ", "the channels are last",
      "x.transpose(0, 3, 1, 2)")
  }

  @Test func bytesThatAreNotDividedAreNoted() throws {
    let note = "the bytes are given to the model as they are, from 0 to 255"
    let data = digits.file("test.safetensors")
    try expect(["eval", model, "--data", data], status: 0, says: note, "--divide 255")
    let divided = try Command("eval", model, "--data", data, "--divide", "16")
    #expect(divided.status == 0 && !divided.error.contains(note), "\(divided.error)")
  }

  @Test func numbersOfChannelsMayHaveSpacesAndADeviationIsPositive() throws {
    let data = digits.file("test.safetensors")
    try expect(
      ["eval", model, "--data", data, "--mean", "0.1, 0.2"], says: "2 means don't fit 1 channel")
    try expect(
      ["eval", model, "--data", data, "--std", "0"], status: 64, says: "--std takes numbers above 0"
    )
  }

  @Test func anArchitectureNeedsWeights() throws {
    let data = digits.file("test.safetensors")
    for arguments in [
      ["eval", "resnet50", "--data", data],
      ["run", "resnet50", "--input", data, "--output", folder.file("y.npz")],
    ] {
      try expect(
        arguments, says: "'resnet50': is an architecture", "give its weights with --weights")
    }
  }

  @Test func tooManyBatchesAreNoted() throws {
    try expect(
      [
        "recalibrate", model, "--weights", checkpoint, "--data", digits.file("test.safetensors"),
        "--divide", "16", "--batches", "1000", "--output", folder.file("measured.pth"),
      ], status: 0, says: "the data has only 6 batches, not 1000")
  }

  @Test func aTensorThatAnEngineRefusesIsNamedWithItsFile() throws {
    var weights = try Checkpoint.open(checkpoint).stateDict()
    let name = try #require(weights.names.last { $0.hasSuffix("bias") })
    let bias = try #require(weights[name])
    weights[name] = try Tensor(
      rounding: Array(repeating: .nan, count: bias.count), to: bias.scalarType, shape: bias.shape)
    let path = folder.file("nan.pth")
    try Checkpoint(root: .dictionary(weights.dictionary)).write(to: path)
    let result = try Command(
      "run", model, "--weights", path, "--input", digits.file("test.pth"), "--output",
      folder.file("y.npz"), "--engine", "onednn")
    guard result.status == 2, !result.error.contains("built without") else { return }
    #expect(result.error.contains("nan.pth: '\(name)'"), "\(result.error)")
  }

  @Test func anOutputWithoutAPlaceIsExplained() throws {
    try expect(
      ["convert", checkpoint, folder.file("missing/x.h5")], says: "the folder '",
      "missing' does not exist; make it first")
    try expect(
      ["convert", checkpoint, folder.file(".")], says: "is a folder; name a file in it")
    try expect(
      ["convert", checkpoint, folder.file("x")], says: ".hdf5 or .safetensors",
      "or name a format with --to")
    try expect(
      ["convert", checkpoint, folder.file("x.h5"), "--to", "safetensors"],
      says: "its extension indicates hdf5, not safetensors")
    #expect(folder.contents.isEmpty)
  }

  @Test func aMissingEntryShowsThoseThatAreThere() throws {
    let two = Fixture("torch/entries/two").file("checkpoint.pth")
    let keys = try Checkpoint.open(two).root.children.map { "\($0.key)" }
    try expect(
      ["info", two, "--entry", "a.b"], says: "'\(try #require(keys.first))'", "at the root",
      "separated by /")
  }

  @Test func namesThatDifferInAPrefixAreRecognised() throws {
    let path = try wrappedCheckpoint()
    for files in [[checkpoint, path], [path, checkpoint]] {
      try expect(
        ["verify"] + files, says: "different names: compare them with --strip-prefix module.")
      try expect(
        ["verify"] + files + ["--model", model], says: "compare them with --strip-prefix module.")
      for options in [[], ["--model", model], ["--mode", "train"]] {
        try expect(
          ["verify"] + files + ["--strip-prefix", "module."] + options, status: 0,
          says: "names in the \(files[0] == path ? "first" : "second") were changed")
      }
    }
  }

  @Test func aModelNamesThePrefixOfItsWeights() throws {
    let path = try wrappedCheckpoint()
    try expect(
      ["eval", model, "--weights", path, "--data", digits.file("test.npz"), "--divide", "16"],
      says: "there is 'module.", "remove the prefix with 'convert --strip-prefix module.' first")
  }

  @Test func weightsOfNoKnownArchitectureNeedTheirProgram() throws {
    try expect(
      ["eval", checkpoint, "--data", digits.file("test.npz")],
      says: "give its program, a file that torch.export.save wrote")
  }

  @Test func anEngineWithoutAModelIsRefused() throws {
    try expect(
      ["verify", checkpoint, checkpoint, "--engine", "onednn"], status: 64,
      says: "--engine needs a model: name it with --model")
  }

  @Test func noMatchingTensorIsNoted() throws {
    try expect(
      ["info", checkpoint, "--keys", "zzz*"], status: 0, says: "no tensor's name matches 'zzz*'")
  }
}
