import DBNTensors
import DBNTestSupport
import Synchronization
import Testing

@testable import DBNTorch

/// Files of a few bytes that ask for much time or memory.
struct CostTests {
  private func error(_ value: [UInt8], within byteCount: Int? = nil) throws -> CheckpointError {
    let file = ByteRegion(Pickle.archive(value).bytes)
    let budget = Budget(byteCount: byteCount ?? file.count)
    return try #require(throws: CheckpointError.self) {
      try budget.whileReading { () throws(CheckpointError) in _ = try TorchCheckpoint.read(file) }
    }
  }

  @Test func listsThatHoldEachOtherTwiceAreRefused() throws {
    var pickle = Pickle.emptyList + Pickle.put(0) + [0x30]
    for depth in UInt8(0)..<20 {
      pickle += Pickle.emptyList + Pickle.put(depth + 1) + Pickle.mark
      pickle += Pickle.get(depth) + Pickle.get(depth) + Pickle.appends + [0x30]
    }
    let error = try error(pickle + Pickle.get(20))
    #expect(error.code == .limitExceeded && error.reason.contains("100000 values"))
  }

  /// Names of tensors that share bytes are kept for notes, before the tree is complete.
  @Test func namesOfTensorsUnderOneLongKeyAreRefused() throws {
    let tensors = (0..<100).flatMap { number in
      Pickle.text("t\(number)") + Pickle.tensor([1], offset: number % 4)
    }
    let key = Pickle.text(String(repeating: "L", count: 1 << 20))
    let inner = Pickle.emptyDict + Pickle.mark + tensors + Pickle.setItems
    let error = try error(Pickle.dictionary((key, inner)))
    #expect(error.code == .limitExceeded && error.reason.contains("names and texts"))
  }

  @Test func operationsAreCounted() throws {
    let nothing = Array(repeatElement([0x4E, 0x30] as [UInt8], count: 600_000).joined())
    let error = try error(nothing + Pickle.none, within: 1000)
    #expect(error.code == .limitExceeded && error.reason.contains("1000000 operations"))
  }

  @Test func aPickleOfErrorsEndsWithTheFirst() throws {
    let many = Array(repeatElement(PickleRuleTests.system + [0x30], count: 20_000).joined())
    let error = try error(Pickle.global("os.kill") + [0x30] + many + Pickle.none)
    #expect(error.code == .pickleGlobal && error.reason.contains("os.kill"))
  }

  /// The key of what failed is found by following the operations after it, unless too many are none.
  @Test(arguments: [(1, "key"), (20, "archive/data.pkl")])
  func aFewUnknownOperationsEndAPickle(count: Int, name: String) throws {
    let unknown = [UInt8](repeating: 0, count: count)
    let error = try error(
      Pickle.emptyDict + Pickle.mark + Pickle.text("key") + unknown
        + Pickle.setItems)
    #expect(error.code == .pickleOpcode && error.name == name, "\(error)")
  }

  @Test func aFrameLiesWithinTheFile() throws {
    #expect(try Pickle.read([0x95] + littleEndian(2) + Pickle.none).notes.isEmpty)
    let error = try error([0x95] + littleEndian(1000) + Pickle.none)
    #expect(error.code == .truncated && error.reason.contains("frame"))
  }

  @Test func attributesThatAreSetOverAndOverAreRefused() throws {
    let attributes = (0..<50).flatMap { Pickle.text("k\($0)") + Pickle.none }
    let build = Array(repeatElement(Pickle.get(1) + Pickle.build, count: 20_000).joined())
    let error = try error(
      Pickle.emptyDict + Pickle.mark + attributes + Pickle.setItems + Pickle.put(1) + [0x30]
        + Pickle.call("collections.OrderedDict") + build)
    #expect(error.code == .limitExceeded && error.reason.contains("far more data"))
  }

  /// A record that declares this size; its bytes are so many that they could hold as much.
  private func compressed(_ record: Archive.Record, to size: Int) -> Archive.Record {
    var record = record.deflated
    record.payload += [UInt8](repeating: 0, count: size / 1000)
    record.compressedSize = record.payload.count
    record.size = size
    return record
  }

  @Test(
    arguments: ["data.pkl", "extra/dbn_convert_graph.json", "extra/dbn_convert_history.json"])
  func compressedRecordsAreRefusedBeforeTheyTakeMemory(name: String) throws {
    var archive = Pickle.archive(Pickle.dictionary((Pickle.text("w"), Pickle.tensor())))
    archive.records.removeAll { $0.name == Array("archive/\(name)".utf8) }
    archive.records.insert(compressed(.init("archive/\(name)", [0x20]), to: 50 << 20), at: 0)
    let file = ByteRegion(archive.bytes)
    let error = try #require(throws: CheckpointError.self) { try TorchCheckpoint.read(file) }
    #expect(error.code == .limitExceeded && error.reason.contains("16777216 bytes"), "\(error)")
    #expect(error.name == "archive/\(name)")
  }

  @Test(arguments: [(1 << 28, true), (1 << 28 + 1, false)])
  func compressedStoragesThatSeveralTensorsShareHaveALimit(count: Int, isRead: Bool) throws {
    let views = (0..<2).map {
      Pickle.tensor([1], offset: $0, of: Pickle.storage(count: count))
    }
    var archive = Pickle.archive(Pickle.list(views[0], views[1]))
    archive.records[2] = compressed(archive.records[2], to: 4 * count)
    let file = ByteRegion(archive.bytes)
    do throws(CheckpointError) {
      #expect(try TorchCheckpoint.read(file).root.elements?.count == 2 && isRead)
    } catch {
      #expect(error.code == .limitExceeded && error.reason.contains("several tensors share"))
      #expect(!isRead, "\(error)")
    }
  }
}

/// Tensors that are far larger than their bytes in the file.
struct LargeViewTests {
  private func tensor(_ pickle: [UInt8], storage: [UInt8], isDeflated: Bool) throws -> Tensor {
    var archive = Pickle.archive(pickle, storage: storage)
    if isDeflated { archive.records = archive.records.map(\.deflated) }
    return try #require(try TorchCheckpoint.read(ByteRegion(archive.bytes)).root.tensor)
  }

  /// One number, and two that alternate.
  @Test(arguments: [1, 2]) func expandedTensorsAreReadInPieces(numbers: Int) throws {
    let count = 100 << 20
    let tensor = try tensor(
      Pickle.tensor([count / 4 / numbers, numbers], stride: [0, 1]), storage: Pickle.floats,
      isDeflated: false)
    #expect(tensor.byteCount == count && tensor.storage.largestBuffer <= 1 << 20)
    var (end, isRight) = (0, true)
    try tensor.storage.read(pieces: 1 << 20) { start, piece in
      isRight = isRight && start == end
      for offset in stride(from: 0, to: piece.byteCount, by: 50_001 * 4) {
        let found = piece.unsafeLoadUnaligned(fromByteOffset: offset, as: Float.self)
        isRight = isRight && found == Float((start + offset) / 4 % numbers + 1)
      }
      end = start + piece.byteCount
    }
    #expect(end == count && isRight)
  }

  /// Random views in pieces of any size, and by random access, as whole ones are.
  @Test(arguments: [1, 2, 4, 8, 16]) func anyPartOfAViewIsTheSame(size: Int) throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    var generator = SeededGenerator(seed)
    let storage = (0..<200 * size).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let names = [1: "Byte", 2: "Half", 4: "Float", 8: "Double", 16: "ComplexDouble"]
    for _ in 0..<60 {
      let view = SmallView(elements: 200, using: &generator)
      let tensor = try tensor(
        Pickle.tensor(
          view.size, stride: view.stride, offset: view.offset,
          of: Pickle.storage(count: 200, type: "torch.\(names[size] ?? "")Storage")),
        storage: storage, isDeflated: false)
      let whole = try tensor.storage.bytes().array
      var pieces: [UInt8] = []
      try tensor.storage.read(pieces: Int.random(in: 1...40, using: &generator)) { start, piece in
        #expect(start == pieces.count)
        piece.withUnsafeBytes { pieces += $0 }
      }
      #expect(pieces == whole, "seed \(seed): \(view)")
      guard !whole.isEmpty else { continue }
      let first = Int.random(in: 0..<whole.count / size, using: &generator) * size
      let count = Int.random(in: 0...(whole.count - first) / size, using: &generator) * size
      let part = try tensor.storage.opened().slice(from: first, count: count).array
      #expect(part == Array(whole[first..<first + count]), "seed \(seed): \(view)")
    }
  }

  @Test func aCompressedStorageWithSeveralViewsIsDecompressedOnce() throws {
    let views = (0..<4).map { Pickle.tensor([1], offset: $0) }
    var archive = Pickle.archive(Pickle.emptyList + Pickle.mark + views.joined() + Pickle.appends)
    archive.records = archive.records.map(\.deflated)
    let root = try TorchCheckpoint.read(ByteRegion(archive.bytes)).root
    let tensors = try #require(root.elements).compactMap(\.tensor)
    let mapped = Mutex(0)
    let values = try FileEvent.observe({ event in
      if event.kind == .mapped { mapped.withLock { $0 += 1 } }
    }) {
      try tensors.map { try $0.doubles() }
    }
    #expect(values == [[1], [2], [3], [4]])
    #expect(mapped.withLock { $0 } == 1)
  }
}
