import DBNTensors
import DBNTestSupport
import Testing

@testable import DBNHDF5

/// Recurrent layers of Keras, which PyTorch has under other names, with other axes and gates.
struct KerasRecurrenceTests {
  private func stateDict(_ fixture: Fixture) throws -> StateDict {
    try HDF5Checkpoint.read(fixture.file("weights.h5")).stateDict()
  }

  @Test(arguments: Fixture.all("keras-recurrent"))
  func recurrentLayersGetTheNamesAndGatesOfPyTorch(fixture: Fixture) throws {
    let (converted, report) = try KerasNames.converting(stateDict(fixture))
    let rows = try #require(fixture.expected["pytorch"]?.array)
    var expected = StateDict()
    for name in rows.compactMap({ $0["name"]?.string }) { expected[name] = converted[name] }
    #expect(try Expectation.tensors(expected).array == rows)
    let left = try #require(fixture.expected["left_alone"]?.array).compactMap(\.string)
    #expect(report.skipped.map(\.name).sorted() == left.sorted())
    #expect(report.notes.contains { $0.description.contains("batch_first=True") })
  }

  @Test(arguments: Fixture.all("keras-recurrent"))
  func theyComeBackAsKerasHasThem(fixture: Fixture) throws {
    let original = try stateDict(fixture)
    let template = try KerasTemplate(opening: fixture.file("weights.h5"))
    let (converted, _) = try KerasNames.converting(original)
    let (restored, report) = try KerasNames.restoring(converted, like: template)
    #expect(try Expectation.tensors(restored) == Expectation.tensors(original))
    #expect(report.skipped.isEmpty && report.notes.isEmpty)
  }
}
