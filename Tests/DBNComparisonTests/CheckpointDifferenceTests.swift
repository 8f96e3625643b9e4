import DBNComparison
import DBNTensors
import DBNTestSupport
import Synchronization
import Testing

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

  /// Both are in temporary files while they are compared: one for whether they are equal, and both for
  /// how far they are apart.
  @Test func largeTensorsThatAreComputedAreComparedWithoutHoldingThem() throws {
    let byteCount = 80 << 20
    func tensor(last: Double) throws -> Tensor {
      let bytes = SlabbedBytes(byteCount: byteCount, slabByteCount: 8) { range, target in
        guard range.upperBound == byteCount else { return }
        target.storeBytes(of: last, toByteOffset: target.count - 8, as: Double.self)
      }
      return try Tensor(.float64, shape: [byteCount / 8], storage: TensorStorage(bytes))
    }
    let (a, b) = (try tensor(last: 0), try tensor(last: 1.5))
    let mapped = Mutex(0)
    let item = try FileEvent.observe({ event in
      if event.kind == .mapped { mapped.withLock { $0 += 1 } }
    }) {
      try difference(
        checkpoint([("state_dict", stateDict(a))]), checkpoint([("state_dict", stateDict(b))])
      ).different.first
    }
    #expect(item?.maxAbsolute == 1.5 && mapped.withLock { $0 } == 3)
  }

  @Test func aDifferenceFarInALargeTensorIsFoundAndMeasured() throws {
    var values = Array(repeating: 1.0, count: 600_000)
    let a = checkpoint([("state_dict", stateDict(try .float32(values)))])
    values[550_000] = 1.5
    let b = checkpoint([("state_dict", stateDict(try .float32(values)))])
    #expect(try difference(a, b).different.first?.maxAbsolute == 0.5)
    func comparison(within absolute: Double) throws -> CheckpointDifference {
      try CheckpointDifference(
        a, entry: a.findStateDict().entry, b, entry: b.findStateDict().entry,
        tolerance: .init(absolute: absolute))
    }
    #expect(try comparison(within: 0.5).isEqual)
    #expect(try !comparison(within: 0.4).isEqual)
  }

  @Test(arguments: ScalarType.allCases)
  func everyScalarTypeIsCompared(scalarType: ScalarType) throws {
    let byteCount = scalarType.byteCount
    let tensors = try [0, 0xFF].map { byte in
      try Tensor(
        scalarType, shape: [1],
        storage: TensorStorage(ByteRegion(Array(repeating: byte, count: byteCount))))
    }
    let (a, b) = (
      checkpoint([("state_dict", stateDict(tensors[0]))]),
      checkpoint([("state_dict", stateDict(tensors[1]))])
    )
    #expect(try difference(a, a).isEqual)
    #expect(try difference(a, b).different.map(\.why) == ["values"])
  }
}
