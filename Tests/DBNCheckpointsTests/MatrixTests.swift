import DBNCheckpointFormats
import DBNCheckpoints
import DBNComparison
import DBNTensors
import DBNTestSupport
import DBNVerification
import Foundation
import Testing

/// Every format to every format and back, over the fixtures: every scalar type, shapes of all
/// kinds, views, ties, trees of values, odd keys. What a format can't hold is in the report.
struct MatrixTests {
  static let formats = FormatRegistry.formatsOfTrees
    .filter { $0 != "npz" }  // It holds no trees.

  /// All that is small enough to be written eighteen times.
  static let fixtures = (Fixture.all("torch") + Fixture.all("torch/entries"))
    .filter { !["torch/resnet18", "torch/hostile"].contains($0.name) }

  @Test(arguments: formats, formats)
  func nothingIsLostInSilence(from first: String, to second: String) throws {
    let folder = try TemporaryFolder()
    for fixture in Self.fixtures {
      let original = try Checkpoint.open(
        fixture.file("checkpoint.pth"), options: ReadingOptions(acceptsParts: true))
      var checkpoint = original
      var losses: Set<String> = []
      for (step, name) in [first, second, first].enumerated() {
        let format = try #require(FormatRegistry.standard.named(name))
        let path = folder.file("\(step).\(format.extensions[0])")
        let lost = try checkpoint.write(
          to: path, as: format, options: WritingOptions(existing: .replace, allowsLosses: true))
        losses.formUnion(lost.map(\.name))
        #expect(try FormatRegistry.standard.recognise(path).name == name)
        checkpoint = try Checkpoint.open(path, options: ReadingOptions(acceptsParts: true))
      }
      let difference = try CheckpointDifference(original, entry: nil, checkpoint, entry: nil)
      let changed = difference.onlyInA + difference.onlyInB + difference.different.map(\.name)
      #expect(
        Set(changed).subtracting(losses).isEmpty, "\(fixture): \(changed), reported: \(losses)")
      if losses.isEmpty {
        let (before, after) = (
          try Expectation.tree(original.root), try Expectation.tree(checkpoint.root)
        )
        #expect(before == after, "\(fixture)")
      }
    }
  }

  /// Of each format that is read, and those that are written too by other tools.
  static let sources =
    ([
      "torch/legacy", "torch/distributed", "torch/pytorch-1.13", "torch/rezipped",
      "torch/text-pickles", "hdf5", "keras", "safetensors", "npz", "pickle",
    ].flatMap { Fixture.all($0) } + [
      Fixture("torch/tar"), Fixture("export/programs/2.15"), Fixture("keras-shards"),
      Fixture("containers"),
    ])
    .compactMap { fixture in
      [
        "checkpoint.pth", "checkpoint/.metadata", "weights.h5", "model.safetensors",
        "model.safetensors.index.json", "arrays.npz", "arrays.npy", "small.pt2", "checkpoint.pkl",
        "net.weights.json", "net.keras",
      ].map { fixture.file($0) }.first { FileManager.default.fileExists(atPath: $0) }
    } + [Fixture("torch/deepspeed").file("stage2")]

  @Test(arguments: formats)
  func whatIsReadIsWrittenInEveryFormat(target: String) throws {
    let folder = try TemporaryFolder()
    let format = try #require(FormatRegistry.standard.named(target))
    var names: Set<String> = []
    for source in Self.sources {
      names.insert(try FormatRegistry.standard.recognise(source).name)
      let original = try Checkpoint.open(source)
      let path = folder.file("out.\(format.extensions[0])")
      let losses = Set(
        try original.write(
          to: path, as: format, options: WritingOptions(existing: .replace, allowsLosses: true)
        ).map(\.name))
      let written = try Checkpoint.open(path)
      let difference = try CheckpointDifference(original, entry: nil, written, entry: nil)
      let changed = difference.onlyInA + difference.onlyInB + difference.different.map(\.name)
      #expect(
        Set(changed).subtracting(losses).isEmpty, "\(source): \(changed), reported: \(losses)")
    }
    #expect(names.count == FormatRegistry.standard.formats.count, "\(names)")
  }

  @Test func whatAFormatCannotHoldIsAnErrorUnlessAllowed() throws {
    let folder = try TemporaryFolder()
    let scalarTypes = try Checkpoint.open(
      Fixture("torch/scalar-types").file("checkpoint.pth"))
    let path = folder.file("model.safetensors")
    let error = #expect(throws: CheckpointError.self) { try scalarTypes.write(to: path) }
    #expect(error?.code == .cannotBeWritten && error?.name?.isEmpty == false)
    #expect(folder.contents.isEmpty)
    let losses = try scalarTypes.write(to: path, options: WritingOptions(allowsLosses: true))
    #expect(!losses.isEmpty)
    let kept = try Checkpoint.open(path).root.leaves.count
    #expect(kept + losses.count == scalarTypes.root.leaves.count)
  }
}
