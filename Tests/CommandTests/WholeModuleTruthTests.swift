import DBNCheckpoints
import DBNTensors
import DBNTestSupport
import Testing

/// What a whole module has beside its state dict is compared, or said not to be; what can't be read
/// of a state dict is not taken for something else.
struct WholeModuleTruthTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private static let fixture = Fixture("torch/quantised")

  /// The layer's weights are packed: they are named, and not left out in silence.
  @Test func packedWeightsAreRefusedByName() throws {
    let output = folder.file("out.safetensors")
    for options in [[], ["--state-dict-only"]] {
      let command = try Command(["convert", Self.fixture.file("a.pth"), output] + options)
      #expect(command.status == 2 && command.error.contains("'1._packed_params'"))
      #expect(command.error.contains("a.pth: '1._packed_params'"))
    }
    let lossy = try Command("convert", Self.fixture.file("a.pth"), output, "--lossy")
    #expect(lossy.status == 0 && lossy.output.contains("left out: 1._packed_params"))
  }

  @Test func whatIsPackedOrOnlyNamedIsNotCalledEqual() throws {
    for other in ["a.pth", "b.pth"] {
      let command = try Command("diff", Self.fixture.file("a.pth"), Self.fixture.file(other))
      #expect(command.status == 1 && command.output.contains("not compared"))
    }
  }

  /// A method of a class is pickled with getattr, which is an object like any other.
  @Test func aFunctionOfTorchAmongSettingsIsNoAttack() throws {
    let file = Fixture("torch/quantised").file("functions.pth")
    #expect(try Checkpoint.open(file).stateDict().count == 5)
    #expect(try Command("info", file, "--strict").status == 2)
  }

  /// Without its object there is nothing to write, whatever may be left out.
  @Test func anObjectAloneIsNotWrittenAsNothing() throws {
    let output = folder.file("out.pth")
    let command = try Command("convert", Self.fixture.file("no-tensors.pth"), output, "--lossy")
    #expect(command.status == 2 && command.error.contains("nothing is left"))
  }
}
