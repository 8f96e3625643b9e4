import DBNTensors
import DBNTestSupport
import Testing

/// A state dict as a collection of names and tensors.
struct StateDictTests {
  private func stateDict() throws -> StateDict {
    var dictionary = CheckpointDictionary(.orderedDict)
    dictionary.attributes = [("_metadata", .none)]
    dictionary.set(.string("a"), to: .tensor(try .float32([1])))
    dictionary.set(.string("extra"), to: .int(3))
    for index in 0..<20 {
      dictionary.set(.string("b\(index)"), to: .tensor(try Tensor([index], shape: [])))
    }
    return try #require(StateDict(dictionary))
  }

  @Test func itsElementsAreItsTensorsInOrder() throws {
    let stateDict = try stateDict()
    #expect(stateDict.count == 21 && stateDict.first?.name == "a" && stateDict.last?.name == "b19")
    #expect(stateDict.map(\.name) == stateDict.tensors.map(\.name))
    #expect(stateDict.reversed().map(\.name) == stateDict.map(\.name).reversed())
    #expect(StateDict().isEmpty && StateDict().first == nil)
  }

  @Test func settingNilRemoves() throws {
    var stateDict = try stateDict()
    stateDict["b7"] = nil
    stateDict["extra"] = nil
    stateDict["none"] = nil
    #expect(stateDict["b7"] == nil && stateDict.count == 20 && stateDict.names.count == 20)
    #expect(try stateDict["b8"]?.integers() == [8] && stateDict["b19"]?.integers() == [19])
    #expect(stateDict.metadata == nil && stateDict.dictionary.attributes.count == 1)
    stateDict["b7"] = try .float32([1])
    #expect(stateDict.last?.name == "b7")
  }

  @Test func anEntryIsRenamedInItsPlace() throws {
    var stateDict = try stateDict()
    try stateDict.rename("b3", to: "c")
    #expect(stateDict.names[5] == "c" && stateDict["b3"] == nil)
    #expect(try stateDict["c"]?.integers() == [3])
    try stateDict.rename("c", to: "c")
    let taken = #expect(throws: CheckpointError.self) { try stateDict.rename("a", to: "c") }
    #expect(taken?.code == .nameCollision)
    let missing = #expect(throws: CheckpointError.self) { try stateDict.rename("b3", to: "d") }
    #expect(
      missing?.code == .noSuchEntry
        && stateDict.names == stateDict.dictionary.entries.map { "\($0.key)" })
  }

  @Test func arraysBecomeTensorsOfTheirType() throws {
    let floats = try Tensor(elements: [Float(0.5), -0, .nan], shape: [3])
    #expect(floats.scalarType == .float32)
    #expect(
      try floats.array(of: Float.self).map(\.bitPattern)
        == [Float(0.5), -0, .nan].map(\.bitPattern))
    #expect(try Tensor(elements: [UInt8(1), 2], shape: [2, 1]).integers() == [1, 2])
    #expect(try Tensor(elements: [true, false], shape: [2]).scalarType == .bool)
    let wrong = #expect(throws: CheckpointError.self) {
      try Tensor(elements: [1.0, 2], shape: [3])
    }
    #expect(wrong?.code == .inconsistentTensor)
  }

  @Test func printedTheyAreShort() throws {
    let stateDict = try stateDict()
    #expect("\(stateDict)" == "21 tensors: a float32 [1], b0 int64 [], b1 int64 [], ...")
    #expect("\(StateDict())" == "0 tensors")
    let checkpoint = Checkpoint(root: .dictionary(stateDict.dictionary))
    #expect("\(checkpoint)" == "OrderedDict of 22: a, extra, b0, ...")
    #expect("\(Checkpoint(root: .int(3)))" == "3")
  }

  /// If nothing can be read, that is the reason, and not the lack of names.
  @Test func aCheckpointOfWhichNoTensorCanBeReadSaysWhy() {
    var root = CheckpointDictionary(.orderedDict)
    root.set(.string("w"), to: .opaque(.unreadable("dataset", "has opaque elements of 1 byte")))
    root.set(.string("epoch"), to: .dictionary(CheckpointDictionary()))
    let error = #expect(throws: CheckpointError.self) {
      try Checkpoint(root: .tuple([.dictionary(root)])).findStateDict(at: nil)
    }
    #expect(error?.code == .noStateDict && error?.reason.contains("opaque elements") == true)
    #expect(error?.advice == nil)
  }
}
