import DBNCheckpoints
import DBNTensors
import DBNTestSupport
import Testing

struct StateDictSearchTests {
  @Test(arguments: Fixture.all("torch/entries") + Fixture.all("torch"))
  func theStateDictIsFoundWhereTheScriptPutIt(fixture: Fixture) throws {
    guard let expected = try fixture.expected["entry"]?.string else { return }
    let found = try Checkpoint.open(fixture.file("checkpoint.pth")).findStateDict()
    #expect("\(found.entry)" == expected)
  }

  @Test(arguments: [
    "equal-networks", "deepspeed-optimizer", "optimizer-alone", "tensor-list", "empty-state-dict",
    "bare-tensor", "list-of-tensors", "number", "none",
  ])
  func whereTheScriptPutNoneThereIsNone(name: String) throws {
    let checkpoint = try Checkpoint.open(
      Fixture("torch/entries/\(name)").file("checkpoint.pth"),
      options: ReadingOptions(acceptsParts: true))
    let error = #expect(throws: CheckpointError.self) { try checkpoint.findStateDict() }
    #expect(error?.code == .noStateDict)
    #expect(checkpoint.stateDicts.count == (name == "equal-networks" ? 2 : 0))
  }

  @Test func theUserCanSayWhichIsMeant() throws {
    let checkpoint = try Checkpoint.open(
      Fixture("torch/entries/nested").file("checkpoint.pth"))
    let named = try checkpoint.findStateDict(at: EntryPath("state/model"))
    #expect(!named.stateDict.tensors.isEmpty)
    let missing = #expect(throws: CheckpointError.self) {
      try checkpoint.findStateDict(at: EntryPath("state/none"))
    }
    #expect(missing?.code == .noSuchEntry)
  }

  @Test func aPathInWordsReachesNumberedPlaces() throws {
    var stateDict = StateDict()
    stateDict["weight"] = try .float32([1])
    var root = CheckpointDictionary()
    root.set(.int(0), to: .dictionary(stateDict.dictionary))
    let found = try Checkpoint(root: .dictionary(root)).findStateDict(at: EntryPath("0"))
    #expect(found.entry == EntryPath([.int(0)]) && found.stateDict.names == ["weight"])
  }

  @Test func stateDictsInListsAreFoundNamedAndReplaced() throws {
    var stateDict = StateDict()
    stateDict["weight"] = try .float32([1])
    let model = CheckpointValue.dictionary(stateDict.dictionary)
    let one = Checkpoint(root: .tuple([model, .int(7)]))
    let found = try one.findStateDict()
    #expect("\(found.entry)" == "0")
    var other = StateDict()
    other["bias"] = try .float32([2])
    let replaced = one.replacingStateDict(at: found.entry, with: other)
    #expect(replaced.root.typeName == "tuple")
    #expect(try replaced.findStateDict(at: EntryPath("0")).stateDict.names == ["bias"])
    let two = Checkpoint(root: .list([model, model]))
    #expect(throws: CheckpointError.self) { try two.findStateDict() }
    #expect(try two.findStateDict(at: EntryPath("1")).stateDict.names == ["weight"])
  }

  @Test func anEntryInsideAListReachesAnOptimizersState() throws {
    let checkpoint = Checkpoint(root: ["model": ["w": .ones(3)], "optimizer_states": [optimizer()]])
    #expect("\(try checkpoint.findStateDict().entry)" == "model")
    let state = try checkpoint.stateDict(at: EntryPath("optimizer_states/0/state/0"))
    #expect(state.names == ["step", "exp_avg"])
  }

  @Test func slashesInsideKeysAreEscapedInPaths() {
    let path = EntryPath([.string("a/b"), .string("50%")])
    #expect(path.description == "a%2Fb/50%25")
    #expect(EntryPath(path.description) == path)
  }
}
