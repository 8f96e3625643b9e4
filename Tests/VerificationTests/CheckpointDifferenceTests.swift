import Tensors
import TestSupport
import Testing
import Verification

struct CheckpointDifferenceTests {
  private typealias Entries = [(key: String, value: CheckpointValue)]

  private func checkpoint(_ entries: Entries) -> Checkpoint {
    var root = CheckpointDictionary()
    for (key, value) in entries { root.set(.string(key), to: value) }
    return Checkpoint(root: .dictionary(root))
  }

  private func difference(_ a: Checkpoint, _ b: Checkpoint) throws -> CheckpointDifference {
    try CheckpointDifference(
      a, entry: a.findStateDict().entry, b, entry: b.findStateDict().entry)
  }

  private func stateDict(_ tensor: Tensor) -> CheckpointValue {
    var stateDict = StateDict()
    stateDict["weight"] = tensor
    return .dictionary(stateDict.dictionary)
  }

  @Test func stateDictsInDifferentPlacesAreComparedWithWhatIsAroundThem() throws {
    let weights = stateDict(try .float32([1]))
    let a = checkpoint([("model", weights), ("epoch", .int(3)), ("a", .none)])
    let b = checkpoint([("state_dict", weights), ("epoch", .int(3)), ("b", .none)])
    let same = try difference(a, b)
    #expect(same.onlyInA == ["a"] && same.onlyInB == ["b"] && same.different.isEmpty)
    let c = checkpoint([("state_dict", weights), ("epoch", .int(4)), ("a", .none)])
    let other = try difference(a, c)
    #expect(other.onlyInA.isEmpty && other.onlyInB.isEmpty)
    #expect(other.different.map(\.name) == ["epoch"])
  }

  @Test func aTieToSomethingOutsideTheStateDictIsPartOfIt() throws {
    let (shared, copy) = (try Tensor.float32([1]), try Tensor.float32([1]))
    let tied = checkpoint([("state_dict", stateDict(shared)), ("ema", stateDict(shared))])
    let loose = checkpoint([("state_dict", stateDict(shared)), ("ema", stateDict(copy))])
    #expect(try difference(tied, tied).isEqual)
    for (a, b) in [(tied, loose), (loose, tied)] {
      let different = try difference(a, b).different
      #expect(different.map(\.name) == ["ema/weight"] && different.map(\.why) == ["tied_to"])
    }
  }
}
