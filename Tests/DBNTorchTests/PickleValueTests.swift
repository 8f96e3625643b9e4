import DBNTensors
import DBNTestSupport
import DBNTorch
import Testing

/// What the operations and functions of the pickle machine make.
struct PickleValueTests {
  struct Case: CustomStringConvertible {
    let description: String
    let pickle: [UInt8]
    let tree: JSON
  }

  static let plain: [Case] = [
    Case(description: "NONE", pickle: [0x4E], tree: .null),
    Case(description: "BININT", pickle: [0x4A, 0xFE, 0xFF, 0xFF, 0xFF], tree: ["int": "-2"]),
    Case(description: "BININT1", pickle: [0x4B, 0xFE], tree: ["int": "254"]),
    Case(description: "BININT2", pickle: [0x4D, 0xFE, 0xFF], tree: ["int": "65534"]),
    Case(description: "LONG1 0", pickle: [0x8A, 0], tree: ["int": "0"]),
    Case(description: "LONG1 -1", pickle: [0x8A, 1, 0xFF], tree: ["int": "-1"]),
    Case(description: "LONG1 255", pickle: [0x8A, 2, 0xFF, 0], tree: ["int": "255"]),
    Case(
      description: "LONG1, longer than needed",
      pickle: [0x8A, 10, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0], tree: ["int": "5"]),
    Case(
      description: "LONG1 2^63", pickle: [0x8A, 9, 0, 0, 0, 0, 0, 0, 0, 0x80, 0],
      tree: ["int": "9223372036854775808"]),
    Case(description: "LONG4", pickle: [0x8B, 1, 0, 0, 0, 0x80], tree: ["int": "-128"]),
    Case(
      description: "BINFLOAT", pickle: [0x47, 0x3F, 0xF0, 0, 0, 0, 0, 0, 0],
      tree: ["float": "3ff0000000000000"]),
    Case(description: "SHORT_BINSTRING", pickle: [0x55, 1, 0x61], tree: ["str": "a"]),
    Case(description: "BINSTRING", pickle: [0x54, 1, 0, 0, 0, 0x61], tree: ["str": "a"]),
    Case(description: "SHORT_BINUNICODE", pickle: [0x8C, 2, 0xC3, 0xA9], tree: ["str": "é"]),
    Case(
      description: "BINUNICODE8", pickle: [0x8D, 1, 0, 0, 0, 0, 0, 0, 0, 0x61],
      tree: ["str": "a"]),
    Case(description: "SHORT_BINBYTES", pickle: [0x43, 2, 0xFF, 0], tree: ["bytes": "ff00"]),
    Case(description: "BINBYTES", pickle: [0x42, 1, 0, 0, 0, 0xFF], tree: ["bytes": "ff"]),
    Case(
      description: "BINBYTES8", pickle: [0x8E, 1, 0, 0, 0, 0, 0, 0, 0, 0xFF],
      tree: ["bytes": "ff"]),
    Case(
      description: "BYTEARRAY8", pickle: [0x96, 1, 0, 0, 0, 0, 0, 0, 0, 0xFF],
      tree: ["bytearray": "ff"]),
    Case(description: "FRAME", pickle: [0x95, 1, 0, 0, 0, 0, 0, 0, 0, 0x4E], tree: .null),
  ]

  static let containers: [Case] = [
    Case(
      description: "EMPTY_SET ADDITEMS", pickle: [0x8F, 0x28, 0x4B, 1, 0x90],
      tree: ["set": [["int": "1"]]]),
    Case(description: "POP", pickle: [0x4B, 1, 0x4E, 0x30], tree: ["int": "1"]),
    Case(description: "POP_MARK", pickle: [0x4B, 1, 0x28, 0x4E, 0x31], tree: ["int": "1"]),
    Case(
      description: "MEMOIZE", pickle: [0x4B, 1, 0x94, 0x30, 0x68, 0], tree: ["int": "1"]),
    Case(
      description: "LONG_BINPUT, LONG_BINGET",
      pickle: [0x4B, 1, 0x72, 3, 0, 0, 0, 0x30, 0x6A, 3, 0, 0, 0], tree: ["int": "1"]),
    Case(
      description: "a list completed after it was stored",
      pickle: Pickle.emptyList + Pickle.put(0) + Pickle.mark + Pickle.get(0) + [0x30]
        + Pickle.int(7) + Pickle.appends,
      tree: ["list": [["int": "7"]]]),
    Case(
      description: "a key set twice keeps its place and its last value",
      pickle: Pickle.dictionary(
        (Pickle.text("a"), Pickle.int(1)), (Pickle.text("b"), Pickle.int(2)),
        (Pickle.text("a"), Pickle.int(3))),
      tree: ["dict": [[["str": "a"], ["int": "3"]], [["str": "b"], ["int": "2"]]]]),
    Case(
      description: "1 and '1' are two keys",
      pickle: Pickle.dictionary(
        (Pickle.text("1"), Pickle.int(1)), (Pickle.int(1), Pickle.int(2))),
      tree: ["dict": [[["str": "1"], ["int": "1"]], [["int": "1"], ["int": "2"]]]]),
  ]

  static let calls: [Case] = [
    Case(
      description: "STACK_GLOBAL NEWOBJ",
      pickle: Pickle.text("collections") + Pickle.text("OrderedDict") + [0x93, 0x29, 0x81],
      tree: ["OrderedDict": []]),
    Case(
      description: "OrderedDict of pairs, as Python 2 wrote it",
      pickle: Pickle.call(
        "collections.OrderedDict", Pickle.list(Pickle.list(Pickle.text("a"), Pickle.int(1)))),
      tree: ["OrderedDict": [[["str": "a"], ["int": "1"]]]]),
    Case(
      description: "BUILD",
      pickle: Pickle.call("collections.OrderedDict")
        + Pickle.dictionary((Pickle.text("note"), Pickle.none)) + Pickle.build,
      tree: ["OrderedDict": [], "attributes": ["note": .null]]),
    Case(
      description: "bytearray of latin-1 text",
      pickle: Pickle.call("__builtin__.bytearray", Pickle.text("é"), Pickle.text("latin-1")),
      tree: ["bytearray": "e9"]),
    Case(
      description: "complex", pickle: Pickle.call("builtins.complex", Pickle.int(0), Pickle.int(1)),
      tree: ["complex": ["0", "3ff0000000000000"]]),
    Case(
      description: "torch.Size", pickle: Pickle.call("torch.Size", Pickle.tuple([2, 3])),
      tree: ["Size": [2, 3]]),
    Case(
      description: "torch.device",
      pickle: Pickle.call("torch.device", Pickle.text("cuda"), Pickle.int(1)),
      tree: ["device": "cuda:1"]),
    Case(
      description: "dtype", pickle: Pickle.global("torch.bfloat16"), tree: ["dtype": "bfloat16"]),
  ]

  @Test(arguments: plain + containers + calls)
  func operationsMakeTheValuesOfPython(value: Case) throws {
    #expect(try Expectation.tree(Pickle.read(value.pickle).root) == value.tree)
  }

  @Test func tensorsOfTheOldestFunctionAreRead() throws {
    let pickle = Pickle.call(
      "torch._utils._rebuild_tensor", Pickle.storage(), Pickle.int(1), Pickle.tuple([2]),
      Pickle.tuple([2]))
    let tensor = try #require(try Pickle.read(pickle).root.tensor)
    #expect(try tensor.storage.withBytes { $0.withUnsafeBytes { $0.load(as: Float.self) } } == 2)
    #expect(tensor.shape == [2])
  }

  @Test func nestingUpToTheLimitIsRead() throws {
    let depth = CheckpointLimits.depth
    let pickle = { Pickle.emptyTuple + [UInt8](repeating: 0x85, count: $0 - 1) }
    _ = try Pickle.read(pickle(depth))
    let error = try #require(throws: CheckpointError.self) { try Pickle.read(pickle(depth + 1)) }
    #expect(error.code == .limitExceeded)
  }

  @Test func sharedContainersCountAsOftenAsTheyAreReached() throws {
    // 2^level lists, each a list of the one before it twice.
    func doubled(_ levels: Int) -> [UInt8] {
      (0..<levels).reduce(Pickle.emptyList) { inner, _ in
        inner + Pickle.put(0) + Pickle.get(0) + [0x86]
      }
    }
    _ = try Pickle.read(doubled(15))
    let error = try #require(throws: CheckpointError.self) { try Pickle.read(doubled(60)) }
    #expect(error.code == .limitExceeded)
  }

  /// If the list were converted each time that it occurs, it would take gigabytes before the limit
  /// of values is met: empty lists that nobody holds change nothing.
  @Test func aLargeSharedListIsConvertedOnce() throws {
    let large = Pickle.emptyList + Pickle.mark + Array(repeating: 0x4E, count: 100_000)
    let padding = Array(repeating: Pickle.emptyList + [0x30], count: 4000).flatMap(\.self)
    let places = Array(repeating: Pickle.get(0), count: 90).flatMap(\.self)
    let pickle =
      large + Pickle.appends + Pickle.put(0) + [0x30] + padding + Pickle.mark + places + [0x74]
    let root = try Budget(byteCount: 10_000_000).whileReading { () throws(CheckpointError) in
      try Pickle.read(pickle).root
    }
    let elements = try #require(root.elements)
    #expect(elements.count == 90)
    let addresses = elements.map { element in
      (element.elements ?? []).withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
    }
    #expect(Set(addresses).count == 1, "the copies do not share their memory")
  }

  @Test func sharedContainersHaveTheirContentsInEveryPlace() throws {
    let shared = Pickle.list(Pickle.int(1)) + Pickle.put(0)
    let root = try Pickle.read(Pickle.tuple(shared, Pickle.get(0))).root
    #expect(root.elements?.count == 2)
    #expect(root.elements?.allSatisfy { $0.elements?.count == 1 } == true)
  }
}
