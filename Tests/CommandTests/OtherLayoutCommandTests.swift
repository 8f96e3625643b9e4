import DBNCheckpoints
import DBNExecution
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// A model whose BatchNorms are in Keras' layout, Paddle's, or a layout file's, through every command
/// that runs models.
struct OtherLayoutCommandTests {
  private static let fixture = Fixture("torch/digits-shards")
  private let model = Self.fixture.file("model.pt2")
  private let folder: TemporaryFolder
  private let layoutFile: String

  init() throws {
    folder = try TemporaryFolder()
    layoutFile = folder.file("mine.json")
    try """
    {"name": "mine", "weight": "scale", "bias": "shift",
     "running_mean": {"devices": "stats.mean", "form": "joined"},
     "running_var": {"devices": "stats.variance", "form": "joined"},
     "num_batches_tracked": "steps", "evaluation": "row"}
    """.write(toFile: layoutFile, atomically: true, encoding: .utf8)
  }

  private static let engines = Engine.allCases.filter(\.isAvailable).map(\.rawValue)

  /// The weights in a layout, and the options that name the layout's file.
  private func weights(_ layout: String) throws -> (path: String, options: [String]) {
    let path = folder.file("weights.h5")
    let isOwn = layout == "mine"
    let options = isOwn ? ["--layout-file", layoutFile] : []
    let mapped = try Command(
      isOwn
        ? ["to-distributed", model, path, "--world-size", "2", "--layout", layout] + options
        : ["to-standard", model, path, "--layout", layout])
    #expect(mapped.status == 0, "\(mapped.error)")
    return (path, options)
  }

  /// The same in PyTorch's layout.
  private func plain(_ layout: String) throws -> String {
    guard layout == "mine" else { return model }
    let path = folder.file("replicated.h5")
    let mapped = try Command("to-distributed", model, path, "--world-size", "2")
    #expect(mapped.status == 0, "\(mapped.error)")
    return path
  }

  /// Numbers of a file in PyTorch's layout, whatever layout the file is in.
  private func numbers(
    _ path: String, _ layout: String, _ options: [String]
  ) throws -> [String: [Double]] {
    let back = folder.file("back.h5")
    let mapped = try Command(
      (layout == "mine"
        ? [
          "to-distributed", path, back, "--world-size", "2", "--from-layout", layout, "--layout",
          "replicated",
        ]
        : ["to-standard", path, back]) + options + ["--force"])
    #expect(mapped.status == 0, "\(mapped.error)")
    return try allNumbers(back)
  }

  private func allNumbers(_ path: String) throws -> [String: [Double]] {
    let tensors = try Checkpoint.open(path).stateDict().tensors
      .filter { !$0.name.hasSuffix("num_batches_tracked") }
    return try Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, try $0.tensor.doubles()) })
  }

  @Test(arguments: ["keras", "keras-2", "paddle", "mine"], engines)
  func itRunsAndIsSavedInItsLayout(layout: String, engine: String) throws {
    let (path, options) = try weights(layout)
    let plain = try plain(layout)
    let image = try Tensor(
      rounding: (0..<8 * 64).map { Double($0 % 17) / 16 }, to: .float32, shape: [8, 1, 8, 8])
    var inputs = StateDict()
    inputs["x"] = image
    try Checkpoint(root: .dictionary(inputs.dictionary)).write(to: folder.file("x.h5"))
    var states: [[String: [Double]]] = []
    for (name, file, options) in [("a", plain, []), ("b", path, options)] {
      let command = try Command(
        [
          "run", model, "--weights", file, "--input", folder.file("x.h5"), "--mode", "train",
          "--output", folder.file("\(name).h5"), "--save-state", folder.file("\(name)-state.h5"),
          "--engine", engine,
        ] + options)
      #expect(command.status == 0, "\(command.error)")
    }
    let names = try Checkpoint.open(folder.file("b-state.h5")).stateDict().names
    #expect(try names == Checkpoint.open(path).stateDict().names)
    #expect(try Command("diff", folder.file("a.h5"), folder.file("b.h5")).status == 0)
    states = [
      try allNumbers(folder.file("a-state.h5")),
      try numbers(folder.file("b-state.h5"), layout, options),
    ]
    #expect(states[0] == states[1])
    #expect(try states[0] != allNumbers(plain))
  }

  @Test(arguments: ["keras", "keras-2", "paddle", "mine"], engines)
  func itVerifiesAndIsRecalibrated(layout: String, engine: String) throws {
    let (path, options) = try weights(layout)
    let plain = try plain(layout)
    for mode in ["eval", "train"] {
      let verified = try Command(
        ["verify", plain, path, "--model", model, "--mode", mode, "--engine", engine] + options)
      #expect(verified.status == 0, "\(verified.output) \(verified.error)")
    }
    for (name, file, options) in [("a", plain, []), ("b", path, options)] {
      let command = try Command(
        [
          "recalibrate", model, "--weights", file, "--data", Self.fixture.file("train.npz"),
          "--divide", "16", "--batches", "4", "--engine", engine, "--output",
          folder.file("\(name)-state.h5"),
        ] + options)
      #expect(command.status == 0, "\(command.error)")
    }
    #expect(
      try allNumbers(folder.file("a-state.h5"))
        == numbers(folder.file("b-state.h5"), layout, options))
    let evaluated = try Command(
      [
        "eval", model, "--weights", folder.file("b-state.h5"), "--data",
        Self.fixture.file("test.npz"), "--divide", "16", "--engine", engine,
      ] + options)
    #expect(evaluated.status == 0, "\(evaluated.error)")
  }
}
