import DBNTensors
import DBNTestSupport
import DBNTorch
import Testing

/// Each rule of the pickle machine broken once, and the key that the error names.
struct PickleRuleTests {
  struct Rule: CustomStringConvertible {
    let description: String
    let code: CheckpointError.Code
    let pickle: [UInt8]

    init(_ description: String, _ code: CheckpointError.Code, _ pickle: [UInt8]) {
      self.description = description
      self.code = code
      self.pickle = pickle
    }
  }

  static let system = Pickle.call("os.system", Pickle.text("touch executed"))

  /// A persistent id as protocol 0 has it.
  static func printed(_ fields: String) -> [UInt8] {
    [0x50] + Array("('storage', \(fields))\n".utf8)
  }

  static func frame(_ byteCount: Int) -> [UInt8] { [0x95] + littleEndian(byteCount) }

  static let values: [Rule] = [
    Rule("a foreign function", .pickleGlobal, system),
    Rule("a foreign name, not called", .pickleGlobal, Pickle.global("os.system")),
    Rule("STACK_GLOBAL of numbers", .pickleArguments, [0x4E, 0x4E, 0x93]),
    Rule(
      "INST of a foreign class", .pickleGlobal, Pickle.mark + [0x69] + Array("os\nsystem\n".utf8)),
    Rule("OBJ of nothing", .pickleCall, Pickle.mark + [0x6F]),
    Rule("OBJ of None", .pickleCall, Pickle.mark + Pickle.none + [0x6F]),
    Rule(
      "NEWOBJ_EX of ours", .pickleCall,
      Pickle.global("collections.OrderedDict") + Pickle.emptyTuple + Pickle.emptyDict + [0x92]),
    Rule("PERSID", .picklePersistentID, [0x50] + Array("0\n".utf8)),
    Rule(
      "PERSID of a function", .picklePersistentID, printed("<class 'os.system'>, '0', 'cpu', 4")),
    Rule(
      "PERSID without a count", .picklePersistentID, printed("<class 'torch.FloatStorage'>, '0'")),
    Rule(
      "PERSID of half a view", .picklePersistentID,
      printed("<class 'torch.FloatStorage'>, '0', 'cpu', 4, ('0', 1)")),
    Rule(
      "PERSID of a view outside", .torchStorage,
      printed("<class 'torch.FloatStorage'>, '0', 'cpu', 4, ('0', 1, 4)")),
    Rule("EXT4", .pickleOpcode, [0x84, 1, 0, 0, 0]),
    Rule("an integer of letters", .invalidText, [0x49] + Array("1x\n".utf8)),
    Rule("a long of nothing", .invalidText, [0x4C] + Array("L\n".utf8)),
    Rule(
      "a long of too many digits", .invalidText,
      [0x4C] + [UInt8](repeating: 0x39, count: 4301) + Array("L\n".utf8)),
    Rule("a float of letters", .invalidText, [0x46] + Array("one\n".utf8)),
    Rule("a text without quotes", .invalidText, [0x53] + Array("abc\n".utf8)),
    Rule("a text cut short in an escape", .invalidText, [0x53] + Array("'\\x4'\n".utf8)),
    Rule("an escape of no character", .invalidText, [0x56] + Array("\\ud800\n".utf8)),
    Rule("a value recalled by a word", .invalidText, [0x67] + Array("x\n".utf8)),
    Rule("a value stored by a negative number", .invalidText, [0x4E, 0x70] + Array("-1\n".utf8)),
    Rule("a key without a value in DICT", .pickleArguments, [0x28, 0x4E, 0x64]),
    Rule("an unknown operation", .pickleOpcode, [0x01]),
    Rule("a value never stored", .pickleMemo, Pickle.get(9)),
    Rule("a store far beyond the pickle", .pickleMemo, [0x4E, 0x72, 0xFF, 0xFF, 0xFF, 0xFF]),
    Rule("REDUCE of text", .pickleCall, Pickle.text("a") + Pickle.emptyTuple + Pickle.reduce),
    Rule("REDUCE of a dtype", .pickleCall, Pickle.call("torch.float32")),
    Rule(
      "arguments that are no tuple", .pickleCall,
      Pickle.global("torch.Size") + Pickle.none + Pickle.reduce),
    Rule("too many arguments", .pickleArguments, Pickle.call("torch.device")),
    Rule("text for numbers", .pickleArguments, Pickle.call("torch.Size", Pickle.text("a"))),
    Rule("a list in a set", .pickleArguments, [0x8F, 0x28, 0x5D, 0x90]),
    Rule(
      "another codec", .pickleArguments,
      Pickle.call("_codecs.encode", Pickle.text("a"), Pickle.text("rot13"))),
    Rule(
      "rebuilding by rebuilding", .pickleArguments,
      Pickle.call(
        "torch._tensor._rebuild_from_type_v2",
        Pickle.global("torch._tensor._rebuild_from_type_v2"), Pickle.global("torch.Tensor"),
        Pickle.emptyTuple, Pickle.none)),
    Rule("SETITEM on a list", .pickleTarget, Pickle.emptyList + [0x4E, 0x4E] + Pickle.setItem),
    Rule("APPEND on a dictionary", .pickleTarget, Pickle.emptyDict + [0x4E] + Pickle.append),
    Rule("ADDITEMS on a list", .pickleTarget, Pickle.emptyList + [0x28, 0x90]),
    Rule("BUILD on a dict", .pickleTarget, Pickle.emptyDict + Pickle.emptyDict + Pickle.build),
    Rule(
      "BUILD with a number", .pickleTarget,
      Pickle.call("collections.OrderedDict") + Pickle.int(1) + Pickle.build),
    Rule(
      "a key without a value", .pickleArguments,
      Pickle.emptyDict + Pickle.mark + Pickle.text("a") + Pickle.setItems),
    Rule("a list as a key", .pickleKey, Pickle.dictionary((Pickle.emptyList, Pickle.none))),
    Rule("text that is no UTF-8", .invalidText, [0x58, 1, 0, 0, 0, 0xFF]),
    Rule("a negative length", .overflow, [0x8B, 0xFF, 0xFF, 0xFF, 0xFF]),
    Rule("another persistent id", .picklePersistentID, Pickle.text("0") + Pickle.persistentID),
  ]

  /// The same text, turned into bytes again and again.
  static var repeatedCalls: [UInt8] {
    let encode = Pickle.global("_codecs.encode") + Pickle.put(1)
    let again = Pickle.get(1) + Pickle.get(0) + Pickle.text("latin1") + [0x86] + Pickle.reduce
    return Pickle.list(Pickle.text(String(repeating: "a", count: 1000)) + Pickle.put(0), encode)
      + [0x30] + Pickle.emptyList + Pickle.mark + [[UInt8]](repeating: again, count: 1000).joined()
      + Pickle.appends
  }

  static var manyAttributes: [UInt8] {
    let entries = (0..<101).map { (Pickle.text("\($0)"), Pickle.none) }
    let state = Pickle.emptyDict + Pickle.mark + entries.flatMap { $0.0 + $0.1 } + Pickle.setItems
    return Pickle.call("collections.OrderedDict") + state + Pickle.build
  }

  static let tensors: [Rule] = [
    Rule("more attributes than any object has", .limitExceeded, manyAttributes),
    Rule("a record that is missing", .torchRecordMissing, Pickle.tensor(of: Pickle.storage("7"))),
    Rule("a record of another size", .torchStorage, Pickle.tensor(of: Pickle.storage(count: 5))),
    Rule("elements outside", .torchView, Pickle.tensor([5])),
    Rule("an offset outside", .torchView, Pickle.tensor([1], offset: 4)),
    Rule("a negative stride", .torchView, Pickle.tensor([4], stride: [-1], offset: 3)),
    Rule("sizes without strides", .torchView, Pickle.tensor([2, 2], stride: [1])),
    Rule("more than can be counted", .torchView, Pickle.tensor([1 << 62], stride: [0])),
    Rule("expanded beyond reason", .limitExceeded, Pickle.tensor([1 << 40], stride: [0])),
  ]

  @Test(arguments: values + tensors)
  func brokenRulesAreRefusedWithTheirKey(rule: Rule) throws {
    let pickle = Pickle.dictionary(
      (Pickle.text("epoch"), Pickle.int(1)),
      (
        Pickle.text("model"),
        Pickle.emptyDict + Pickle.text("fc.weight") + rule.pickle + Pickle.setItem
      ))
    let error = try #require(throws: CheckpointError.self) { try Pickle.read(pickle) }
    #expect(error.code == rule.code, "\(error)")
    #expect(error.name == "model/fc.weight", "\(error)")
  }

  static let wholes: [Rule] = [
    Rule("one text for many calls", .limitExceeded, repeatedCalls),
    Rule("a protocol to come", .pickleProtocol, [0x80, 6, 0x4E]),
    Rule("an operation beyond its frame", .pickleFrame, frame(2) + Pickle.text("abc")),
    Rule("a frame in a frame", .pickleFrame, frame(10) + frame(1) + Pickle.none),
    Rule("nothing", .pickleStack, []),
    Rule("a value left over", .pickleStack, [0x4E, 0x4E]),
    Rule("a mark left over", .pickleStack, [0x4E, 0x28]),
    Rule("a value that is not there", .pickleStack, [0x4E, 0x86]),
    Rule("a value from below the mark", .pickleStack, [0x7D, 0x4E, 0x28, 0x73]),
    Rule("a mark that is not there", .pickleStack, [0x4E, 0x74]),
    Rule("a number cut short", .truncated, [0x47, 1]),
    Rule("text longer than the file", .truncated, [0x58, 0xFF, 0xFF, 0xFF, 0xFF]),
  ]

  @Test(arguments: wholes)
  func brokenPicklesAreRefused(rule: Rule) throws {
    let error = try #require(throws: CheckpointError.self) { try Pickle.read(rule.pickle) }
    #expect(error.code == rule.code, "\(error)")
  }

  static let places: [(pickle: [UInt8], name: String)] = [
    (system, "archive/data.pkl"),
    (Pickle.dictionary((Pickle.text("a"), Pickle.none), (Pickle.text("b"), system)), "b"),
    (Pickle.dictionary((Pickle.text("a"), Pickle.emptyDict), (Pickle.text("b"), system)), "b"),
    (Pickle.emptyDict + Pickle.int(3) + system + Pickle.setItem, "3"),
    (
      Pickle.dictionary(
        (Pickle.text("a"), Pickle.emptyDict + Pickle.text("b") + system + Pickle.setItem)), "a/b"
    ),
    (Pickle.list(Pickle.none, Pickle.list(Pickle.none, Pickle.none, system)), "1/2"),
    (Pickle.emptyList + Pickle.none + Pickle.append + system + Pickle.append, "1"),
    (Pickle.tuple(Pickle.none, system), "1"),
    (
      Pickle.dictionary(
        (Pickle.text("w"), Pickle.call("torch.Size", Pickle.tuple(Pickle.int(1), system)))), "w"
    ),
    (
      Pickle.call("collections.OrderedDict")
        + Pickle.dictionary((Pickle.text("_metadata"), system)) + Pickle.build, "_metadata"
    ),
  ]

  @Test(arguments: places)
  func refusalsNameTheKeysThatLeadThere(place: (pickle: [UInt8], name: String)) throws {
    let error = try #require(throws: CheckpointError.self) { try Pickle.read(place.pickle) }
    #expect(error.name == place.name, "\(error)")
  }

  @Test func theFirstOfTwoRefusalsIsReported() throws {
    let pickle = Pickle.dictionary(
      (Pickle.text("a"), Self.system), (Pickle.text("b"), Pickle.global("builtins.eval")))
    let error = try #require(throws: CheckpointError.self) { try Pickle.read(pickle) }
    #expect(error.name == "a" && error.reason.contains("os.system"))
  }
}
