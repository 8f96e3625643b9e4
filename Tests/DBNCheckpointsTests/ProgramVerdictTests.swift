import DBNCheckpoints
import DBNExecution
import DBNModels
import DBNTensors
import DBNTestSupport
import DBNVerification
import Testing

/// The same weights in two programs are two models.
struct ProgramVerdictTests {
  private static let program = Fixture("export/programs").file("2.15/small.pt2")

  /// The program with a text in its graph replaced; nil removes the graph.
  private func changed(_ from: String, _ to: String) throws -> Checkpoint {
    var checkpoint = try Checkpoint.open(Self.program)
    let graph = try #require(checkpoint.graph)
    #expect(graph.contains(from))
    checkpoint.graph = graph.replacing(from, with: to)
    return checkpoint
  }

  private func verdict(
    _ a: Checkpoint, _ b: Checkpoint, _ configure: (inout CheckpointVerification) -> Void = { _ in }
  ) throws -> VerificationResult {
    var verification = CheckpointVerification()
    configure(&verification)
    return try verification.compare(a, b)
  }

  @Test func aProgramIsEqualToItself() throws {
    let original = try Checkpoint.open(Self.program)
    let result = try verdict(original, original)
    #expect(result.isBitIdentical && result.scope.restOfFirst.isEmpty)
    // Other spaces in the text, and other names of values, change nothing.
    #expect(try verdict(original, changed(#""relu_""#, #""relu_of_mine""#)).isBitIdentical)
  }

  @Test func otherOperationsAreADifference() throws {
    let original = try Checkpoint.open(Self.program)
    let other = try changed("torch.ops.aten.silu.default", "torch.ops.aten.sigmoid.default")
    let result = try verdict(original, other)
    #expect(!result.isEqual && result.otherDifferences.map(\.name) == ["program"])
    // A model that a person names is run with both: the files' own are not compared.
    let named = try verdict(original, other) { $0.comparesPrograms = false }
    #expect(named.isEqual && named.scope.restOfFirst.map(\.name) == ["program"])
  }

  @Test func whatOnlyOneCarriesIsNamed() throws {
    let original = try Checkpoint.open(Self.program)
    var bare = original
    bare.graph = nil
    let result = try verdict(original, bare)
    #expect(result.isEqual && result.scope.restOfFirst.map(\.name) == ["program"])
    #expect(result.scope.restOfSecond.isEmpty && !result.oneSidedSettings.isEmpty)
  }

  @Test func whatCannotBeReadIsNamed() throws {
    let original = try Checkpoint.open(Self.program)
    let other = try changed("torch.ops.aten.silu.default", "torch.ops.aten.unheard_of.default")
    let result = try verdict(original, other)
    #expect(
      result.isEqual && result.scope.restOfSecond.first?.reason.contains("can't be read") == true)
  }
}
