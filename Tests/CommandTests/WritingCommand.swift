import DBNCheckpoints
import DBNTensors
import DBNTestSupport
import Foundation

/// A command that writes files, on inputs in a folder of its own.
struct WritingCommand: Sendable, CustomStringConvertible {
  let description: String
  /// With `{}` for the folder, and `{out}` for the output.
  private let pattern: [String]
  /// The files that it reads.
  let inputs: [String]
  /// The extension of the output.
  let outputExtension: String
  /// All files that it writes, where the output is `out`.
  let outputs: [String]
  /// The exit status if all goes well.
  let status: Int32

  private init(
    _ text: String, reading inputs: [String], as outputExtension: String = ".h5",
    writing outputs: [String]? = nil, status: Int32 = 0
  ) {
    description = text
    pattern = text.split(separator: " ").map(String.init)
    self.inputs = inputs
    self.outputExtension = outputExtension
    self.outputs = outputs ?? ["out\(outputExtension)"]
    self.status = status
  }

  /// Those that write checkpoints.
  static let conversions: [WritingCommand] = [
    .init("convert {}/digits.pth {out}", reading: ["digits.pth"]),
    .init("convert {}/digits.pth {out}", reading: ["digits.pth"], as: ".safetensors"),
    .init("convert {}/digits.pth {out} --verify", reading: ["digits.pth"], as: ".pth"),
    .init(
      "convert {}/digits.pth {out} --shard-size 40KB", reading: ["digits.pth"], as: ".safetensors",
      writing: [
        "out-00001-of-00002.safetensors", "out-00002-of-00002.safetensors",
        "out.safetensors.index.json",
      ]),
    .init(
      "to-distributed {}/digits.pth {out} --world-size 2 --layout-file {}/layout.json",
      reading: ["digits.pth", "layout.json"]),
    .init(
      "to-standard {}/replicated.pth {out} --statistics pooled", reading: ["replicated.pth"]),
    .init(
      "gather {}/rank0.pth {}/rank1.pth {}/rank2.pth {}/rank3.pth --output {out}",
      reading: ["rank0.pth", "rank1.pth", "rank2.pth", "rank3.pth"]),
    .init(
      "scatter {}/replicated.pth {out}", reading: ["replicated.pth"], as: "-%d.pth",
      writing: (0..<4).map { "out-\($0).pth" }),
    .init(
      "recalibrate {}/model.pt2 --weights {}/weights.pth --data {}/train.npz --divide 16 --batches 1 "
        + "--output {out}", reading: ["model.pt2", "weights.pth", "train.npz"]),
    .init("run {}/model.pt2 --input {}/x.h5 --output {out}", reading: ["model.pt2", "x.h5"]),
    .init(
      "run {}/model.pt2 --weights {}/weights.pth --input {}/x.h5 --output {}/y.h5 --mode train "
        + "--save-state {out}", reading: ["model.pt2", "weights.pth", "x.h5"],
      writing: ["out.h5", "y.h5"]),
  ]

  /// Those that write pages.
  static let reports: [WritingCommand] = [
    .init("info {}/digits.pth --report {out}", reading: ["digits.pth"], as: ".html"),
    .init(
      "verify {}/digits.pth {}/digits.pth --report {out}", reading: ["digits.pth"], as: ".html"),
    .init(
      "verify {}/digits.pth {}/replicated.pth --report {out}",
      reading: ["digits.pth", "replicated.pth"], as: ".html", status: 1),
    .init(
      "eval {}/model.pt2 --weights {}/weights.pth --data {}/test.npz --divide 16 --report {out}",
      reading: ["model.pt2", "weights.pth", "test.npz"], as: ".html"),
  ]

  static let all = conversions + reports

  func arguments(in folder: TemporaryFolder, output: String? = nil) -> [String] {
    let output = output ?? folder.file("out\(outputExtension)")
    return pattern.map { $0.replacing("{out}", with: output).replacing("{}", with: folder.path) }
  }

  /// Puts the inputs into the folder.
  func makeInputs(in folder: TemporaryFolder) throws {
    for input in Set(inputs) {
      switch input {
      case "x.h5":
        var inputs = StateDict()
        inputs["x"] = try Tensor(
          rounding: (0..<512).map { Double($0 % 17) / 17 }, to: .float32, shape: [8, 1, 8, 8])
        try Checkpoint(root: .dictionary(inputs.dictionary)).write(to: folder.file(input))
      case "layout.json":
        _ = try folder.write(Array(Self.layout.utf8), to: input)
      default: try FileManager.default.copyItem(atPath: source(input), toPath: folder.file(input))
      }
    }
  }

  private func source(_ input: String) -> String {
    switch input {
    case "digits.pth": Fixture("torch/digits-standard").file("checkpoint.pth")
    case "replicated.pth": Fixture("torch/digits-replicated").file("checkpoint.pth")
    case "weights.pth": Fixture("torch/digits-shards").file("checkpoint.pth")
    case let rank where rank.hasPrefix("rank"): Fixture("layouts/per-rank").file(rank)
    default: Fixture("torch/digits-shards").file(input)
    }
  }

  private static let layout = #"""
    {"name": "mine", "weight": "weight", "bias": "bias",
     "running_mean": {"devices": "means", "form": "rows"},
     "running_var": {"devices": "variances", "form": "rows"},
     "num_batches_tracked": "steps", "evaluation": "row"}
    """#
}
