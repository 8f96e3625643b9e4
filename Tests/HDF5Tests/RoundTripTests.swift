import HDF5
import TestSupport
import Tensors
import Testing

/// What is written comes back the same.
struct RoundTripTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  @discardableResult
  private func roundTrip(_ root: CheckpointValue, history: [JSON] = []) throws -> Checkpoint {
    let path = folder.file("checkpoint.h5")
    try HDF5Checkpoint.write(Checkpoint(root: root, history: history), to: path)
    let read = try HDF5Checkpoint.read(path)
    #expect(try Expectation.tree(read.root) == Expectation.tree(root))
    #expect(read.history == history)
    return read
  }

  @Test func aStateDictKeepsItsOrder() throws {
    let names = ["conv1.weight", "bn1.weight", "bn1.bias", "a", "Z", "fc.weight"]
    let read = try roundTrip(.dictionary(try Sample.stateDict(names)))
    #expect(read.root.dictionary?.entries.map(\.key) == names.map { .string($0) })
  }

  @Test(arguments: ScalarType.allCases)
  func everyScalarTypeSurvives(type: ScalarType) throws {
    var dictionary = CheckpointDictionary()
    for shape in [[], [0], [3, 0, 2], [1], [5], [2, 3, 4]] {
      dictionary.set(.string("\(shape)"), to: .tensor(try Sample.tensor(type, shape)))
    }
    try roundTrip(.dictionary(dictionary))
  }
}
