import DBNCheckpoints
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// Epsilon and momentum of Keras' BatchNorms through the commands.
struct KerasSettingsTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private static let net = Fixture("keras-layers/net").file("weights.h5")

  private func run(_ arguments: String...) throws -> Command {
    let command = try Command(arguments)
    #expect(command.status == 0, "\(arguments): \(command.output)\(command.error)")
    return command
  }

  /// Name, epsilon and momentum of each BatchNorm, as `info` tells them.
  private func settings(_ path: String) throws -> [JSON] {
    let info = try JSON(parsing: Command("info", path, "--json").output)
    return (info["batch_norms"]?.array ?? []).map { row in
      .array([row["name"] ?? .null, row["epsilon"] ?? .null, row["momentum"] ?? .null])
    }
  }

  private static let kerass: [JSON] = [
    ["bn1", .double(0.001), .double(0.01)], ["bn_dw", .double(0.001), .double(0.01)],
  ]

  @Test(arguments: ["out.pth", "out.h5", "out.safetensors"])
  func conversionsNoteOnceThatPyTorchsDefaultIsAnother(name: String) throws {
    let output = folder.file(name)
    let command = try run("convert", Self.net, output, "--rename", "keras", "--state-dict-only")
    let note =
      "2 BatchNorms have epsilon 0.001; PyTorch's default is 1e-05: create them with eps=0.001 "
      + "(and momentum=0.01)"
    #expect(command.error.components(separatedBy: note).count == 2)
    #expect(try settings(output) == Self.kerass)
    let text = try run("info", output).output
    #expect(text.contains(/bn1 +4  standard  epsilon 0.001, momentum 0.01/))
  }

  @Test func aFileOfKerasSaysThemUnderItsOwnNames() throws {
    #expect(
      try settings(Self.net) == [
        ["model_weights.bn1.bn1", .double(0.001), .double(0.01)],
        ["model_weights.bn_dw.bn_dw", .double(0.001), .double(0.01)],
      ])
    let unknown = Fixture("torch/digits-standard").file("checkpoint.pth")
    #expect(try settings(unknown).allSatisfy { $0.array?[1] == .null && $0.array?[2] == .null })
  }

  @Test func theConfigurationIsKeptForALaterRenaming() throws {
    let (plain, output) = (folder.file("plain.pth"), folder.file("out.h5"))
    _ = try run("convert", Self.net, plain)
    _ = try run("convert", plain, output, "--rename", "keras")
    #expect(try settings(output) == Self.kerass)
    let direct = folder.file("direct.h5")
    _ = try run("convert", Self.net, direct, "--rename", "keras")
    #expect(try Command("diff", output, direct).status == 0)
  }

  @Test(arguments: ["replicated", "ghost", "split", "sub", "first-device"])
  func everyLayoutKeepsThem(layout: String) throws {
    let files = ["keras.pth", "there.h5", "back.safetensors"].map(folder.file)
    _ = try run("convert", Self.net, files[0], "--rename", "keras", "--state-dict-only")
    let there = try run(
      "to-distributed", files[0], files[1], "--world-size", "2", "--layout", layout)
    #expect(there.error.contains("eps=0.001"))
    if layout != "ghost" { #expect(try settings(files[1]) == Self.kerass) }
    let hint =
      ["ghost", "first-device"].contains(layout)
      ? ["--from-layout", layout, "--world-size", "2"] : []
    let back = try Command(["to-standard", files[1], files[2]] + hint)
    #expect(back.status == 0 && back.error.contains("eps=0.001"), "\(back.error)")
    #expect(try settings(files[2]) == Self.kerass)
    #expect(try Command("diff", files[0], files[2]).status == 0)
  }

  @Test func aLayoutOfKerasHasKerasDefaults() throws {
    let (standard, keras) = (folder.file("standard.pth"), folder.file("keras.h5"))
    _ = try run("convert", Self.net, standard, "--rename", "keras")
    let back = try run("to-standard", standard, keras, "--layout", "keras")
    #expect(!back.error.contains("default is"))
  }

  @Test func namesFollowRenaming() throws {
    let (first, second) = (folder.file("first.pth"), folder.file("second.h5"))
    _ = try run(
      "convert", Self.net, first, "--rename", "keras", "--rename", "s/^bn/module.norm/",
      "--state-dict-only")
    #expect(try settings(first).map { $0.array?.first } == ["module.norm1", "module.norm_dw"])
    _ = try run("convert", first, second, "--strip-prefix", "module.")
    #expect(try settings(second).map { $0.array?.first } == ["norm1", "norm_dw"])
    #expect(try settings(second).allSatisfy { $0.array?[1] == .double(0.001) })
  }

  @Test func theyHoldForEveryStateDictOfAFile() throws {
    let (path, output) = (folder.file("two.pth"), folder.file("out.pth"))
    var checkpoint = try renamed()
    let stateDict = checkpoint.root
    var root = CheckpointDictionary()
    root.set(.string("model"), to: stateDict)
    root.set(.string("model_ema"), to: stateDict)
    checkpoint.root = .dictionary(root)
    try checkpoint.write(to: path)
    _ = try run("convert", path, output, "--rename", "s/^/a./", "--entry", "model")
    let names = try Checkpoint.open(output).batchNormSettings.entries.map(\.name)
    #expect(names == ["a.bn1", "a.bn_dw", "bn1", "bn_dw"])
  }

  private func renamed() throws -> Checkpoint {
    let path = folder.file("renamed.pth")
    _ = try run("convert", Self.net, path, "--rename", "keras", "--state-dict-only")
    return try Checkpoint.open(path)
  }

  @Test func ranksKeepThemAndMayNotContradict() throws {
    let (source, gathered) = (folder.file("source.pth"), folder.file("gathered.pth"))
    _ = try run("convert", Self.net, source, "--rename", "keras", "--state-dict-only")
    _ = try run("to-distributed", source, folder.file("dist.pth"), "--world-size", "2")
    _ = try run("scatter", folder.file("dist.pth"), folder.file("rank%d.pth"))
    let ranks = [folder.file("rank0.pth"), folder.file("rank1.pth")]
    #expect(try settings(ranks[1]) == Self.kerass)
    _ = try run("gather", ranks[0], ranks[1], "--output", gathered, "--force")
    #expect(try settings(gathered) == Self.kerass)
    // What rank 0 does not know another may.
    var checkpoint = try Checkpoint.open(ranks[0])
    checkpoint.batchNormSettings = BatchNormSettingsTable()
    try checkpoint.write(to: ranks[0], options: WritingOptions(existing: .replace))
    _ = try run("gather", ranks[0], ranks[1], "--output", gathered, "--force")
    #expect(try settings(gathered) == Self.kerass)
    checkpoint.batchNormSettings["bn1"] = .init(epsilon: 1)
    try checkpoint.write(to: ranks[0], options: WritingOptions(existing: .replace))
    let refused = try Command("gather", ranks[0], ranks[1], "--output", gathered, "--force")
    #expect(refused.status == 2 && refused.error.contains("'bn1' has different settings"))
  }

  @Test func modelsRunWithTheCheckpointsEpsilon() throws {
    let weights = folder.file("weights.h5")
    let (model, input) = try small()
    var checkpoint = try Checkpoint.open(model)
    #expect(checkpoint.graph != nil)
    let plain = try run("run", model, "--input", input, "--output", folder.file("a.safetensors"))
    #expect(!plain.error.contains("settings"))
    for name in try norms(of: model) { checkpoint.batchNormSettings[name] = .init(epsilon: 0.5) }
    try checkpoint.write(to: weights)
    let noted = try run(
      "run", weights, "--input", input, "--output", folder.file("b.safetensors"))
    #expect(noted.error.contains("run with the settings of \(weights)"))
    let difference = try Command("diff", folder.file("a.safetensors"), folder.file("b.safetensors"))
    #expect(difference.status == 1)
  }

  /// A program of `torch.export` with BatchNorms, and an input for it.
  private func small() throws -> (model: String, input: String) {
    let fixture = Fixture("export/programs")
    let recorded = try Checkpoint.open(fixture.file("2.15/small.pth")).root.dictionary?["calls"]
    let input = folder.file("input.safetensors")
    let call = try #require(recorded?.elements?.first?.dictionary)
    try Checkpoint(root: try #require(call["inputs"])).write(to: input)
    return (fixture.file("2.15/small.pt2"), input)
  }

  private func norms(of path: String) throws -> [String] {
    let info = try JSON(parsing: Command("info", path, "--json").output)
    return (info["batch_norms"]?.array ?? []).compactMap { $0["name"]?.string }
  }
}
