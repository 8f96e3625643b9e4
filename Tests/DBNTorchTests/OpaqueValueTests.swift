import DBNTensors
import DBNTestSupport
import DBNTorch
import Testing

/// Objects of unknown classes are kept by name where asked for, and never made.
struct OpaqueValueTests {
  private static func read(_ value: [UInt8]) throws -> CheckpointValue {
    try TorchCheckpoint.read(
      ByteRegion(Pickle.archive(value).bytes)
    ).root
  }

  static let argument = Pickle.text("touch executed")

  /// One call, spelled in each way that a pickle can.
  static let spellings: [(name: String, pickle: [UInt8])] = [
    ("REDUCE", Pickle.call("train.run", argument)),
    (
      "NEWOBJ",
      Pickle.global("train.run") + Pickle.tuple(argument) + [0x81]
    ),
    ("INST", Pickle.mark + argument + [0x69] + Array("train\nrun\n".utf8)),
    ("OBJ", Pickle.mark + Pickle.global("train.run") + argument + [0x6F]),
    (
      "STACK_GLOBAL",
      Pickle.text("train") + Pickle.text("run") + [0x93] + Pickle.tuple(argument) + Pickle.reduce
    ),
  ]

  @Test(arguments: spellings)
  func aCallIsItsNameAndItsArguments(spelling: (name: String, pickle: [UInt8])) throws {
    let tree = try Expectation.tree(Self.read(spelling.pickle))
    #expect(tree == ["opaque": "train.run", "arguments": [["str": "touch executed"]]])
  }

  @Test func namedArgumentsComeAfterTheOthers() throws {
    let pickle =
      Pickle.global("a.B") + Pickle.emptyTuple
      + Pickle.dictionary((Pickle.text("x"), Pickle.int(1))) + [0x92]
    let tree = try Expectation.tree(Self.read(pickle))
    let names: JSON = ["dict": [[["str": "x"], ["int": "1"]]]]
    #expect(tree == ["opaque": "a.B", "arguments": [["tuple": []], names]])
  }

  @Test func tensorsInsideStayTensors() throws {
    let state = Pickle.dictionary((Pickle.text("scale"), Pickle.tensor()))
    let value = try Self.read(Pickle.call("train.Settings") + state + Pickle.build)
    guard case .opaque(let object) = value else {
      Issue.record("\(value.typeName) is not opaque")
      return
    }
    #expect(object.name == "train.Settings")
    #expect(try object.state?.dictionary?["scale"]?.tensor?.doubles() == [1, 2, 3, 4])
  }

  @Test func tensorsOfUnknownClassesAreInsideAnOpaqueValue() throws {
    let pickle = Pickle.call(
      "torch._tensor._rebuild_from_type_v2", Pickle.global("torch._utils._rebuild_tensor_v2"),
      Pickle.global("fastai.TensorImage"),
      Pickle.tuple(
        Pickle.storage(), Pickle.int(0), Pickle.tuple([4]), Pickle.tuple([1]), [0x89],
        Pickle.call("collections.OrderedDict")), Pickle.emptyDict)
    guard case .opaque(let object) = try Self.read(pickle) else {
      Issue.record("not opaque")
      return
    }
    #expect(object.name == "fastai.TensorImage")
    #expect(object.arguments?.first?.tensor?.shape == [4])
  }

  /// What tells what it is, and what breaks a rule, is refused all the same.
  static let refused: [(pickle: [UInt8], code: CheckpointError.Code)] = [
    (Pickle.call("a.B") + Pickle.emptyTuple + Pickle.reduce, .pickleCall),
    (Pickle.global("a.B") + Pickle.emptyDict + Pickle.build, .pickleTarget),
    (
      Pickle.call("a.B") + Pickle.emptyDict + Pickle.build + Pickle.emptyDict + Pickle.build,
      .pickleTarget
    ),
    (Pickle.global("a.B") + Pickle.none + Pickle.append, .pickleTarget),
    (Pickle.global("a.B") + Pickle.none + Pickle.none + Pickle.setItem, .pickleTarget),
    (Pickle.global("a.B") + Pickle.mark + Pickle.none + [0x90], .pickleTarget),
    (Pickle.call("_codecs.encode", Pickle.call("a.B"), Pickle.text("latin1")), .pickleArguments),
    (Pickle.call("torch.Size", Pickle.global("a.B")), .pickleArguments),
  ]

  @Test(arguments: refused)
  func otherRulesHoldForOpaqueValuesToo(
    rule: (pickle: [UInt8], code: CheckpointError.Code)
  ) throws {
    let error = try #require(throws: CheckpointError.self) { _ = try Self.read(rule.pickle) }
    #expect(error.code == rule.code, "\(error)")
  }

  @Test(
    arguments: HostileTests.cases.map(\.file).filter {
      $0.hasPrefix("deep") || $0.contains("billion")
    })
  func depthAndSizeAreLimitedWithOpaqueValuesToo(file: String) throws {
    let error = try #require(throws: CheckpointError.self) {
      try TorchCheckpoint.read(
        MappedFile.open(HostileTests.fixture.file(file)),
        options: ReadingOptions())
    }
    #expect(error.code == .limitExceeded)
  }
}
