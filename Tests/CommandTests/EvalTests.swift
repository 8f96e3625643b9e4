import DBNCheckpoints
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// `eval`, against PyTorch: the digits network of four devices, one of which saw other images, before
/// and after each merge rule.
struct EvalTests {
  private static let fixture = Fixture("torch/digits-shards")
  private let model = Self.fixture.file("model.pt2")

  private func evaluate(_ arguments: String...) throws -> JSON {
    let command = try Command(["eval", model, "--json", "--divide", "16"] + arguments)
    #expect(command.status == 0, "\(command.error)")
    return try JSON(parsing: command.output)
  }

  /// What PyTorch computed for a variant.
  static func expected(_ name: String, batch: Int = 64) throws -> JSON {
    let rows = try fixture.expected["evaluation"]?.array
    return try #require(rows?.first { $0["name"]?.string == name && $0["batch"]?.int == batch })
  }

  /// Counts are equal, to the sample; losses to `tolerance`.
  static func expect(
    _ result: JSON?, equals expected: JSON, lossWithin tolerance: Double = 1e-12
  ) throws {
    let samples = Double(try #require(expected["samples"]?.int))
    #expect(result?["samples"] == expected["samples"] && result?["correct"] == expected["top1"])
    #expect(result?["top5"] == expected["top5"]?.int.map { .double(Double($0) / samples) })
    let hexadecimal = try #require(expected["loss"]?.string)
    let loss = try #require(Double(hexadecimal))
    guard case .double(let found)? = result?["loss"] else {
      Issue.record("no loss")
      return
    }
    #expect(abs(found / loss - 1) < tolerance, "\(found), not \(loss)")
  }

  @Test(arguments: zip([64, 32, 360], ["test.safetensors", "test.h5", "test.npz"]))
  func devicesAreEvaluatedOnTheirSlices(batch: Int, data: String) throws {
    let result = try evaluate(
      "--weights", Self.fixture.file("checkpoint.pth"), "--data", Self.fixture.file(data),
      "--batch", "\(batch)", "--per-class")["results"]?.array?.first
    let expected = try Self.expected("replicated", batch: batch)
    try Self.expect(result, equals: expected)
    let classes = try #require(expected["per_class"]?.array)
    for (found, pair) in zip(try #require(result?["classes"]?.array), classes) {
      #expect(pair.array?.first == found["correct"] && pair.array?.last == found["samples"])
    }
    let slices = result?["slices"]?.array?.first
    #expect(slices?["world_size"] == 4 && slices?["samples_per_device"]?.int == (batch + 3) / 4)
  }

  /// All in one run, side by side.
  @Test func everyMergeRuleGivesWhatPyTorchDoes() throws {
    let folder = try TemporaryFolder()
    let rules = ["first", "mean", "pooled"] + (0..<4).map { "replica:\($0)" }
    var arguments = ["--data", Self.fixture.file("test.npz")]
    for rule in rules {
      let file = folder.file("\(rule).h5")
      let command = try Command(
        "to-standard", Self.fixture.file("checkpoint.pth"), file, "--statistics", rule)
      #expect(command.status == 0, "\(command.error)")
      arguments += ["--weights", file]
    }
    let command = try Command(["eval", model, "--json", "--divide", "16"] + arguments)
    let results = try #require(try JSON(parsing: command.output)["results"]?.array)
    #expect(results.count == rules.count)
    for (rule, result) in zip(rules, results) {
      try Self.expect(result, equals: Self.expected(rule))
      #expect(result["slices"] == [])
    }
  }

  /// An error names the file that it is about: the data, or one of the checkpoints.
  @Test func errorsNameTheFile() throws {
    let folder = try TemporaryFolder()
    for (name, shape, labels) in [
      ("shape.h5", [2, 3, 8, 8], [0, 1]), ("label.h5", [2, 1, 8, 8], [0, 10]),
    ] {
      var stateDict = StateDict()
      let bytes = [UInt8](repeating: 1, count: shape.reduce(1, *))
      stateDict["x"] = try Tensor(.uint8, shape: shape, storage: TensorStorage(ByteRegion(bytes)))
      stateDict["y"] = try Tensor(labels, shape: [2])
      try Checkpoint(root: .dictionary(stateDict.dictionary)).write(to: folder.file(name))
      let wrong = try Command("eval", model, "--data", folder.file(name))
      #expect(wrong.status == 2 && wrong.error.contains(folder.file(name)), "\(wrong.error)")
    }
    let other = Fixture("layouts/standard").file("checkpoint.pth")
    let wrong = try Command(
      "eval", model, "--data", Self.fixture.file("test.npz"), "--weights",
      Self.fixture.file("checkpoint.pth"), "--weights", other)
    #expect(wrong.status == 2 && wrong.error.contains(other), "\(wrong.error)")
  }

  @Test func whatWasDoneIsSaid() throws {
    let arguments = [
      "eval", model, "--weights", Self.fixture.file("checkpoint.pth"), "--data",
      Self.fixture.file("test.npz"),
    ]
    let plain = try Command(arguments)
    #expect(plain.output.contains("360 samples, inputs as stored, batches of 64, the last of 40"))
    let scaled = try Command(arguments + ["--divide", "16", "--mean", "0.5", "--std", "0.25,"])
    #expect(scaled.status == 64)
    let right = try Command(arguments + ["--divide", "16"])
    #expect(right.output.contains("inputs divided by 16"))
    #expect(right.output.contains("353 of 360"))
    #expect(right.output.contains("replicated, 4 devices"))
    #expect(right.output.contains("16 samples, with its own statistics; of the last batch, 10"))
  }

  @Test func dataWithoutLabelsAreRefused() throws {
    let folder = try TemporaryFolder()
    var data = StateDict()
    data["x"] = try .float32([Double](repeating: 0, count: 64), [1, 1, 8, 8])
    try Checkpoint(root: .dictionary(data.dictionary)).write(to: folder.file("data.h5"))
    let command = try Command("eval", model, "--data", folder.file("data.h5"))
    #expect(command.status == 2 && command.error.contains("y or labels"))
    #expect(command.error.contains("data.h5"))
  }

  @Test func imagesOfAnotherShapeAreRefused() throws {
    let folder = try TemporaryFolder()
    var data = StateDict()
    data["x"] = try .float32([Double](repeating: 0, count: 192), [1, 3, 8, 8])
    data["y"] = try Tensor([1], shape: [1])
    try Checkpoint(root: .dictionary(data.dictionary)).write(to: folder.file("data.h5"))
    let command = try Command("eval", model, "--data", folder.file("data.h5"))
    #expect(command.status == 2 && command.error.contains("[1, 3, 8, 8]"), "\(command.error)")
  }
}

/// `--report`, as the command writes it.
struct ReportOptionTests {
  private let a = Fixture("torch/digits-standard").file("checkpoint.pth")
  private let b = Fixture("torch/digits-replicated").file("checkpoint.pth")

  @Test func aPageIsWrittenAlsoWhenTheAnswerIsDifferent() throws {
    let folder = try TemporaryFolder()
    let page = folder.file("page.html")
    let command = try Command("verify", a, b, "--report", page)
    #expect(command.status == 1)
    let html = try String(contentsOfFile: page, encoding: .utf8)
    #expect(html.contains(">Different<") && html.contains("bn3"))
    let info = try Command("info", b, "--report", page, "--force")
    #expect(info.status == 0)
    #expect(try String(contentsOfFile: page, encoding: .utf8).contains("Before and after merging"))
    #expect(folder.contents == ["page.html"])
  }

  @Test func aCheckpointIsNotOverwrittenByAPage() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write([1, 2, 3], to: "model.h5")
    let command = try Command("verify", a, b, "--report", file)
    #expect(command.status == 64 && command.error.contains(".html"))
    let missing = try Command("verify", a, b, "--report", folder.file("none/page.html"))
    #expect(missing.status == 2 && missing.error.contains("none/page.html"))
    #expect(folder.contents == ["model.h5"])
  }
}
