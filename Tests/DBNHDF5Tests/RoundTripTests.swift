import DBNCheckpointFormats
import DBNHDF5
import DBNTensors
import DBNTestSupport
import Testing

/// What is written comes back the same.
struct RoundTripTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func roundTrip(_ root: CheckpointValue, history: [JSON] = []) throws {
    let path = folder.file("checkpoint.h5")
    try HDF5Format().write(
      Checkpoint(root: root, history: history), to: path,
      options: WritingOptions(existing: .replace))
    let read = try HDF5Checkpoint.read(path)
    #expect(try Expectation.tree(read.root) == Expectation.tree(root))
    #expect(read.history == history)
    #expect(read.notes.isEmpty)
  }

  @Test(arguments: ScalarType.allCases)
  func everyScalarTypeAndShapeSurvives(type: ScalarType) throws {
    var dictionary = CheckpointDictionary()
    for shape in [[], [0], [3, 0, 2], [1], [5], [2, 3, 4], Array(repeating: 1, count: 32)] {
      dictionary.set(.string("\(shape)"), to: .tensor(try Sample.tensor(type, shape)))
    }
    try roundTrip(.dictionary(dictionary))
  }

  @Test(arguments: Sample.values)
  func everyKindOfValueSurvives(value: CheckpointValue) throws {
    try roundTrip(Sample.mapping([(.string("value"), value)]))
    try roundTrip(value)
    try roundTrip(.list([value, value]))
    try roundTrip(.tuple([.set([value])]))
  }

  @Test(arguments: Sample.values)
  func everyKindOfValueSurvivesAsAnAttribute(value: CheckpointValue) throws {
    var dictionary = try Sample.stateDict(["a"])
    dictionary.attributes = [("_metadata", value), ("é$", .list([value]))]
    try roundTrip(.dictionary(dictionary))
  }

  @Test(arguments: CheckpointDictionary.Kind.allKinds)
  func everyKindOfMappingKeepsItsAttributes(kind: CheckpointDictionary.Kind) throws {
    var inner = CheckpointDictionary(kind)
    inner.set(.string("$x"), to: .int(1))
    inner.attributes = [("deep", .dictionary(inner))]
    var outer = inner
    outer.attributes = [("inner", .dictionary(inner))]
    try roundTrip(.dictionary(outer))
    outer.set(.int(-7), to: .float(0.5))
    outer.attributes.append(("ints", .dictionary(outer)))
    try roundTrip(.dictionary(outer))
  }

  @Test func textsBeyond64KiBSurvive() throws {
    let long = String(repeating: "é", count: 100_000)
    var stateDict = try Sample.stateDict(["a"])
    stateDict.attributes = [("long", .string(long))]
    stateDict.set(.string("text"), to: .string(long))
    try roundTrip(.dictionary(stateDict), history: [["long": .string(long)]])
  }

  @Test func manyEntriesKeepTheirOrder() throws {
    let names = (0..<3000).map { "layer.\(($0 * 7919) % 3000).weight" }
    try roundTrip(.dictionary(try Sample.stateDict(names)))
  }
}
