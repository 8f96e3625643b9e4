import DBNCheckpoints
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// An optimizer's state is carried along, and where it no longer fits the model, that is said.
struct OptimizerFitTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// What the notes say of optimizers.
  private func notes(_ fixture: String, _ arguments: String...) throws -> [String] {
    let input = Fixture("torch/optimizers/\(fixture)").file("checkpoint.pth")
    let command = try Command(
      [arguments[0], input, folder.file("\(UUID()).pth"), "--json"] + arguments.dropFirst())
    #expect(command.status == 0, "\(command.error)")
    let notes = try JSON(parsing: command.output)["notes"]?.array ?? []
    for note in notes {
      #expect(command.error.contains("note: \(note.string ?? "")"))
    }
    return notes.compactMap(\.string).filter { $0.contains(" fit") }
  }

  private let advice =
    "; write only the model with convert --state-dict-only, or start with a new optimizer"

  @Test func parametersThatWereDroppedAreCounted() throws {
    let note =
      "'optimizer' no longer fits: it is for 8 parameters, and the converted model has 6" + advice
    #expect(try notes("split", "to-standard") == [note])
  }

  @Test(arguments: [
    ("standard", "optimizer"), ("with-names", "optimizer"), ("lightning", "optimizer_states/0"),
    ("by-name", "optimizer"),
  ])
  func parametersThatWereAddedAreCounted(fixture: String, entry: String) throws {
    #expect(
      try notes(fixture, "to-distributed", "--world-size", "3", "--layout", "split") == [
        "'\(entry)' no longer fits: it is for 6 parameters, and the converted model has 10" + advice
      ])
  }

  @Test(arguments: ["standard", "with-names", "lightning", "by-name"])
  func whereBuffersAloneChangeItStillFits(fixture: String) throws {
    for layout in ["replicated", "ghost", "sub", "first-device"] {
      #expect(
        try notes(fixture, "to-distributed", "--world-size", "3", "--layout", layout).isEmpty)
    }
    #expect(try notes(fixture, "convert", "--cast", "bfloat16").isEmpty)
    #expect(try notes(fixture, "convert", "--state-dict-only").isEmpty)
    #expect(try notes(fixture, "convert").isEmpty)
  }

  @Test func newNamesMatterToAnOptimizerThatCallsParametersByName() throws {
    let rename = ["convert", "--rename", "s/^1/bn/"]
    for fixture in ["standard", "with-names", "lightning"] {
      #expect(try notes(fixture, rename[0], rename[1], rename[2]).isEmpty)
    }
    let note =
      "'optimizer' no longer fits: it refers to parameters by name, and the converted model has no "
      + "'1.weight'" + advice
    #expect(try notes("by-name", rename[0], rename[1], rename[2]) == [note])
  }

  /// The discriminator's is not touched by a conversion of the generator.
  @Test func anotherModelsOptimizerIsNotNamed() throws {
    let found = try notes("gan", "to-distributed", "--world-size", "2", "--layout", "split")
    #expect(found.count == 1 && found[0].hasPrefix("'optimizer_g' no longer fits: "))
  }
}
