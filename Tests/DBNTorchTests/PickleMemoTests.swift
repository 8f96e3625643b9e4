import DBNTensors
import DBNTestSupport
import Testing

import DBNZip

@testable import DBNTorch

/// What the pickle machine keeps of the values that a pickle numbers, and of tuples it has used up.
struct PickleMemoTests {
  static let values = PickleValueTests.plain + PickleValueTests.containers + PickleValueTests.calls

  /// A recall is found by skipping every operation before it. If one argument were skipped wrongly,
  /// it would be lost, or the recall after the end would be found.
  @Test(arguments: values)
  func recallsAreFoundAfterEveryOperation(value: PickleValueTests.Case) throws {
    let pickle = [0x80, 2] + value.pickle + Pickle.put(77) + Pickle.get(77) + [0x30, 0x2E]
    let numbers = try #require(
      PickleMemo.numbersRecalled(in: ByteRegion(pickle + Pickle.get(99))))
    #expect(numbers.contains(77))
    #expect(!numbers.contains(99))
  }

  @Test(arguments: [[], [0x71], [0x58, 200, 0, 0, 0], [0xFF, 0x2E], [0x67, 0x61, 0x0A, 0x2E]])
  func whatCannotBeFollowedLeavesTheErrorToTheMachine(pickle: [UInt8]) {
    #expect(PickleMemo.numbersRecalled(in: ByteRegion(pickle)) == nil)
    #expect(throws: CheckpointError.self) { try Pickle.read(pickle) }
  }

  @Test func onlyWhatIsRecalledIsKept() {
    var memo = PickleMemo(for: ByteRegion([0x4E, 0x71, 1, 0x71, 2, 0x68, 2, 0x2E]))
    let isKept = [memo.remember(.int(1), at: 1), memo.remember(.int(2), at: 2)]
    #expect(isKept == [false, true])
    #expect(memo[1] == nil)
    #expect(memo[2] == .int(2))
    #expect(memo.end == 3)
  }

  static let reused: [PickleValueTests.Case] = [
    .init(
      description: "a size that is recalled as a value",
      pickle: Pickle.list(
        rebuild(Pickle.tuple([2]) + Pickle.put(9), Pickle.tuple([1])), Pickle.get(9)),
      tree: ["tuple": [["int": "2"]]]),
    .init(
      description: "a size that is recalled as the stride of another tensor, and then as a value",
      pickle: Pickle.list(
        rebuild(Pickle.tuple([1]) + Pickle.put(9), Pickle.tuple([1])),
        rebuild(Pickle.tuple([3]), Pickle.get(9)), Pickle.get(9)),
      tree: ["tuple": [["int": "1"]]]),
    .init(
      description: "a tuple that was made before a tensor, and is its neighbour",
      pickle: Pickle.list(rebuild(Pickle.tuple([2]), Pickle.tuple([1])), Pickle.tuple([5])),
      tree: ["tuple": [["int": "5"]]]),
    .init(
      description: "a size in a list that is recalled",
      pickle: Pickle.list(Pickle.tuple([7])) + Pickle.put(9)
        + Pickle.list(rebuild(Pickle.tuple([2]), Pickle.tuple([1])), Pickle.get(9))
        + [0x86],
      tree: ["list": [["tuple": [["int": "7"]]]]]),
    .init(
      description: "the hooks of a tensor that are recalled as a value",
      pickle: Pickle.list(
        Pickle.call(
          "torch._utils._rebuild_tensor_v2", Pickle.storage(), Pickle.int(0), Pickle.tuple([4]),
          Pickle.tuple([1]), [0x89], Pickle.call("collections.OrderedDict") + Pickle.put(9)),
        Pickle.get(9)),
      tree: ["OrderedDict": []]),
    .init(
      description: "the key of a storage that is recalled as a value",
      pickle: Pickle.list(
        Pickle.call(
          "torch._utils._rebuild_tensor",
          Pickle.tuple(
            Pickle.text("storage"), Pickle.global("torch.FloatStorage"),
            Pickle.text("0") + Pickle.put(9), Pickle.text("cpu"), Pickle.int(4))
            + Pickle.persistentID, Pickle.int(0), Pickle.tuple([4]), Pickle.tuple([1])),
        Pickle.get(9)),
      tree: ["str": "0"]),
    .init(
      description: "a storage's identifier that is recalled as a value",
      pickle: Pickle.list(
        Pickle.call(
          "torch._utils._rebuild_tensor",
          Pickle.tuple(
            Pickle.text("storage"), Pickle.text("0")) + Pickle.put(9) + [0x30]
            + Pickle.storage(), Pickle.int(0), Pickle.tuple([4]), Pickle.tuple([1])),
        Pickle.get(9)),
      tree: ["str": "storage"]),
    .init(
      description: "a storage that two tensors are given",
      pickle: Pickle.list(
        Pickle.call(
          "torch._utils._rebuild_tensor", Pickle.storage() + Pickle.put(9), Pickle.int(0),
          Pickle.tuple([2]), Pickle.tuple([1])),
        Pickle.call(
          "torch._utils._rebuild_tensor", Pickle.get(9), Pickle.int(2), Pickle.tuple([2]),
          Pickle.tuple([1])), Pickle.text("end")),
      tree: ["str": "end"]),
    .init(
      description: "a duplicated tuple",
      pickle: Pickle.tuple([4]) + [0x32]
        + rebuild(Pickle.tuple([2]), Pickle.tuple([1])) + [0x87],
      tree: ["tuple": [["int": "4"]]]),
  ]

  /// The last element is the value that was used before; in the last two it is inside.
  @Test(arguments: reused)
  func whatIsUsedAgainIsStillThere(value: PickleValueTests.Case) throws {
    let root = try Pickle.read(value.pickle).root
    let trees = (root.elements ?? []).flatMap { [$0] + ($0.elements ?? []) }
    #expect(try trees.map { try Expectation.tree($0) }.contains(value.tree))
  }

  @Test func thePartsOfTensorsAreNotKept() throws {
    let tensors = (0..<100).map { offset in
      Pickle.tensor([1], offset: offset % 4) + Pickle.put(UInt8(offset))
    }
    let pickle = [0x80, 2] + Pickle.emptyList + Pickle.mark + tensors.joined() + Pickle.appends
    let archive = Pickle.archive([0x4E]).bytes
    let source = try TorchArchive(
      ByteRegion(archive), ZipArchive(ByteRegion(archive)))
    var machine = PickleMachine(ByteRegion(pickle + [0x2E]), tensors: TensorBuilder(source))
    _ = try machine.run()
    #expect(machine.heap.leaves.count == 100)
    #expect(machine.heap.tuples.isEmpty && machine.heap.storages.isEmpty)
    #expect(machine.heap.dictionaries.isEmpty && machine.heap.strings.isEmpty)
  }

  private static func rebuild(_ size: [UInt8], _ stride: [UInt8]) -> [UInt8] {
    Pickle.call(
      "torch._utils._rebuild_tensor", Pickle.storage(), Pickle.int(0), size, stride)
  }
}
