import DBNCheckpoints
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// BatchNorms of Keras with a scale or a center but not both, whose numbered variables don't show
/// which: the model's configuration decides, layer by layer.
struct KerasHalfBatchNormTests {
  private let folder: TemporaryFolder
  private static let fixture = Fixture("keras-batch-norms")

  init() throws {
    folder = try TemporaryFolder()
  }

  private static let modules = ["both", "scaled", "centered", "bare"]

  /// The files that have a configuration, and the BatchNorms' names in each.
  private static let files: [(name: String, modules: [String])] = [
    ("four.keras", numbered), ("configured.weights.h5", numbered),
    ("sharded.weights.json", numbered),
    ("four.h5", modules.map { "model_weights.\($0).\($0)" }),
  ]

  private static let numbered = ["", "_1", "_2", "_3"].map { "layers.batch_normalization\($0)" }

  private func file(_ name: String) -> String { Self.fixture.file(name) }

  /// What each of the four must become: the file of the whole model names its weights.
  private func expected() throws -> [[String: [Double]]] {
    let named = try Checkpoint.open(file("four.h5")).stateDict()
    let names = [
      ("gamma", "weight"), ("beta", "bias"), ("moving_mean", "running_mean"),
      ("moving_variance", "running_var"),
    ]
    return try Self.modules.map { module in
      var values: [String: [Double]] = [:]
      for (keras, pyTorch) in names {
        values[pyTorch] = try named["model_weights.\(module).\(module).\(keras)"]?.doubles()
      }
      return values
    }
  }

  /// The weights and statistics of modules; the first row of those that each device has.
  private func values(_ path: String, _ modules: [String]) throws -> [[String: [Double]]] {
    let stateDict = try Checkpoint.open(path).stateDict()
    return try modules.map { module in
      var values: [String: [Double]] = [:]
      for name in ["weight", "bias", "running_mean", "running_var"] {
        guard let tensor = stateDict["\(module).\(name)"] else { continue }
        values[name] = Array(try tensor.doubles().prefix(tensor.shape.last ?? 0))
      }
      return values
    }
  }

  @Test(arguments: files)
  func theConfigurationDecidesWithoutAnOption(name: String, modules: [String]) throws {
    let info = try JSON(parsing: Command("info", file(name), "--json").output)
    #expect(info["batch_norms"]?.array?.count == 4 && info["unrecognised"] == [])
    for command in [["to-standard"], ["to-distributed", "--world-size", "2"]] {
      let output = folder.file("\(command[0]).pth")
      let done = try Command(command + [file(name), output, "--verify"])
      #expect(done.status == 0 && done.output.contains("bit-identical"), "\(done.error)")
      #expect(try values(output, modules) == expected())
    }
  }

  @Test(arguments: files)
  func renamingForPyTorchReadsTheConfigurationToo(name: String, modules: [String]) throws {
    let output = folder.file("renamed.pth")
    let done = try Command("convert", file(name), output, "--rename", "keras", "--verify")
    #expect(done.status == 0, "\(done.error)")
    #expect(try values(output, Self.modules) == expected())
  }

  @Test(arguments: ["keras-vars-scale", "keras-vars-center"])
  func aChosenLayoutThatContradictsTheConfigurationIsRefused(layout: String) throws {
    let wrong = layout == "keras-vars-scale" ? 2 : 1
    let output = folder.file("out.pth")
    let refused = try Command("to-standard", file("four.keras"), output, "--from-layout", layout)
    #expect(refused.status != 0 && folder.contents.isEmpty)
    #expect(refused.error.contains("'\(Self.numbered[wrong])'"))
    #expect(refused.error.contains("leave out --from-layout"))
    let excluding = try Command(
      "to-standard", file("four.keras"), output, "--from-layout", layout, "--exclude",
      Self.numbered[wrong])
    #expect(excluding.status == 0, "\(excluding.error)")
    #expect(try values(output, Self.numbered)[3 - wrong] == expected()[3 - wrong])
  }

  @Test func withoutAConfigurationEveryLayerInDoubtIsNamed() throws {
    let output = folder.file("out.pth")
    let refused = try Command("to-standard", file("four.weights.h5"), output)
    #expect(refused.status != 0 && folder.contents.isEmpty)
    for module in Self.numbered[1...2] { #expect(refused.error.contains("'\(module)'")) }
    let chosen = try Command(
      "to-standard", file("four.weights.h5"), output, "--from-layout", "keras-vars-scale")
    #expect(chosen.status == 0)
    for module in Self.numbered[1...2] { #expect(chosen.error.contains("'\(module)'")) }
    #expect(chosen.error.contains("nothing in the file says"))
    // The others need no answer.
    let (found, right) = (try values(output, Self.numbered), try expected())
    #expect(found[0] == right[0] && found[1] == right[1] && found[3] == right[3])
  }

  /// The layout that the refusal names is one that `verify` takes.
  @Test func verifyTakesTheAnswerToo() throws {
    let mapped = folder.file("mapped.h5")
    let mapping = try Command(
      "to-standard", file("four.weights.h5"), mapped, "--from-layout", "keras-vars-scale")
    #expect(mapping.status == 0, "\(mapping.error)")
    let refused = try Command("verify", file("four.weights.h5"), mapped)
    #expect(refused.status == 2 && refused.error.contains("--from-layout keras-vars-scale"))
    let answered = try Command(
      "verify", file("four.weights.h5"), mapped, "--from-layout", "keras-vars-scale")
    #expect(answered.status == 0, "\(answered.error)")
    #expect(answered.output.contains("4 BatchNorms"))
  }

  @Test func theLayersOfEachKindCanBeChosenByName() throws {
    let (first, second) = (folder.file("first.pth"), folder.file("second.pth"))
    let scaled = try Command(
      "to-standard", file("four.weights.h5"), first, "--from-layout", "keras-vars-scale",
      "--exclude", Self.numbered[2], "--verify")
    #expect(scaled.status == 0, "\(scaled.error)")
    #expect(!scaled.error.contains("'\(Self.numbered[2])'"))
    let centered = try Command(
      "to-standard", first, second, "--from-layout", "keras-vars-center", "--include",
      Self.numbered[2], "--verify")
    #expect(centered.status == 0, "\(centered.error)")
    #expect(try values(second, Self.numbered) == expected())
  }

  /// What the file states stays with the tensors when they get other names.
  @Test(arguments: ["plain.h5", "plain.pth", "plain.safetensors"])
  func itIsKeptInEveryFormatAndUnderOtherNames(name: String) throws {
    let (plain, output) = (folder.file(name), folder.file("out.pth"))
    let swapped = try Command(
      "convert", file("four.keras"), plain, "--rename", "s/_1\\./_9./", "--rename",
      "s/_2\\./_1./")
    #expect(swapped.status == 0, "\(swapped.error)")
    let mapped = try Command("to-standard", plain, output)
    #expect(mapped.status == 0, "\(mapped.error)")
    let names = ["", "_9", "_1", "_3"].map { "layers.batch_normalization\($0)" }
    #expect(try values(output, names) == expected())
  }

  /// A LayerNormalization has two vectors too.
  @Test func aChosenLayoutDoesNotMakeABatchNormOfAnotherLayer() throws {
    let output = folder.file("out.pth")
    let done = try Command(
      "to-standard", file("four.keras"), output, "--from-layout", "keras-vars-bare")
    #expect(done.status == 0, "\(done.error)")
    #expect(try values(output, Self.numbered) == expected())
    let stateDict = try Checkpoint.open(output).stateDict()
    #expect(stateDict["layers.layer_normalization.vars.0"] != nil)
  }
}
