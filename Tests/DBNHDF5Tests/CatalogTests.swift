import DBNTensors
import DBNTestSupport
import Testing

@testable import DBNHDF5

/// The rules above the catalog, on catalogs that no file can be made to hold here.
struct CatalogTests {
  private func dataset(
    _ extent: Catalog.Extent, _ shape: [Int] = [4], type: Catalog.ElementType = .scalar(.uint8)
  ) -> Catalog.Dataset {
    Catalog.Dataset("bad", type: type, shape: shape, extent: extent)
  }

  private func code(_ datasets: Catalog.Dataset...) -> CheckpointError.Code? {
    var catalog = Catalog()
    catalog.datasets = datasets
    let error = #expect(throws: CheckpointError.self) { try catalog.validate(fileByteCount: 100) }
    #expect(error?.name == "bad")
    return error?.code
  }

  /// The code by which the last of the datasets can't be read, while the others can.
  private func unreadable(_ datasets: Catalog.Dataset...) throws -> CheckpointError.Code? {
    var catalog = Catalog()
    catalog.datasets = datasets
    try catalog.validate(fileByteCount: 100)
    for dataset in catalog.datasets.dropLast() {
      if case .unreadable = dataset.extent { Issue.record("another is unreadable") }
    }
    guard case .unreadable(let error)? = catalog.datasets.last?.extent else { return nil }
    return error.code
  }

  private func chunked(
    _ chunks: [Catalog.Chunks.Chunk], shape: [Int] = [4], filters: [Int] = [], fill: [UInt8] = [0]
  ) -> Catalog.Extent {
    .chunked(
      Catalog.Chunks(
        shape: shape, filters: filters.map { .init(identifier: $0, parameters: []) },
        chunks: chunks, fill: fill, leavesEdgesUnfiltered: false))
  }

  private func chunk(_ origin: [Int], _ count: Int = 4) -> Catalog.Chunks.Chunk {
    .init(origin: origin, offset: 10, byteCount: count, filterMask: 0)
  }

  @Test func datasetsMayNotShareMoreBytesThanTheFileHas() {
    let large = dataset(.contiguous(offset: 0, byteCount: 60), [60])
    #expect(code(large, large) == .declaredTooLarge)
  }

  @Test func everyRuleOfChunksIsChecked() throws {
    #expect(code(dataset(chunked([chunk([0]), chunk([0])]))) == .invalidChunk)
    #expect(code(dataset(chunked([chunk([2])]))) == .invalidChunk)
    #expect(code(dataset(chunked([chunk([4])]))) == .invalidChunk)
    #expect(code(dataset(chunked([chunk([0, 0])]))) == .invalidChunk)
    #expect(code(dataset(chunked([chunk([])]))) == .invalidChunk)
    #expect(code(dataset(chunked([chunk([0], 3)]))) == .invalidChunk)
    #expect(code(dataset(chunked([], shape: [0]))) == .invalidChunk)
    #expect(code(dataset(chunked([], shape: [4, 4]))) == .invalidChunk)
    #expect(code(dataset(chunked([], fill: []))) == .invalidChunk)
    #expect(code(dataset(chunked([chunk([0], 200)], filters: [1]))) == .extentOutsideFile)
    for filters in [[1, 1], [1, 32000], [32015]] {
      #expect(
        try unreadable(dataset(chunked([chunk([0])], filters: filters))) == .unsupportedFilter)
    }
    #expect(
      code(dataset(chunked([chunk([0])], shape: [1 << 20], filters: [1]))) == .declaredTooLarge)
  }

  @Test func unwrittenBytesAreLimitedInSum() throws {
    let half = dataset(.unwritten(fill: [0]), [HDF5Limits.unwrittenBytes / 2 + 1])
    #expect(try unreadable(half, half) == .unwritten)
    #expect(try unreadable(dataset(.unwritten(fill: [0, 0]), [.max])) == .unwritten)
  }

  /// A chunk of equal numbers takes 21 bytes, whatever it declares.
  @Test func packedBytesAreLimitedInSum() throws {
    let parameters: [UInt32] = [2, 0, 1 << 25, 0, 1, 0, 0, 0, 0, 0]
    let count = HDF5Limits.unwrittenBytes >> 25
    let chunks = (0...count).map { index in
      Catalog.Chunks.Chunk(origin: [index << 25], offset: 0, byteCount: 0, filterMask: 0)
    }
    let packed = dataset(
      .chunked(
        Catalog.Chunks(
          shape: [1 << 25], filters: [.init(.scaleOffset, parameters: parameters)], chunks: chunks,
          fill: [0], leavesEdgesUnfiltered: false)), [(count + 1) << 25])
    #expect(try unreadable(packed) == .unwritten)
  }

  @Test func unknownLayoutsAreUnreadable() throws {
    #expect(try unreadable(dataset(.unsupported("an unknown layout"))) == .unsupportedLayout)
  }

  @Test func linksOfUnknownClassesAreUnreadable() throws {
    var catalog = Catalog()
    catalog.groups[0].links = [
      Catalog.Link("odd", .userDefinedLink), Catalog.Link("type", .namedType),
    ]
    let root = try #require(try PlainReader.read(catalog, ByteRegion([])).root.dictionary)
    for entry in root.entries {
      guard case .opaque(let value) = entry.value else {
        Issue.record("\(entry.key) is read")
        continue
      }
      #expect(["user-defined link", "named datatype"].contains(value.name))
    }
    #expect(root.entries.count == 2)
  }

  @Test func softLinksLeadThroughGroupsAndOtherSoftLinks() throws {
    var catalog = Catalog()
    catalog.groups.append(Catalog.Group(path: "g"))
    catalog.datasets = [dataset(.none)]
    catalog.groups[0].links = [
      Catalog.Link("g", .group(1)), Catalog.Link("here", .softLink("./g//x")),
      Catalog.Link("again", .softLink("/here")), Catalog.Link("root", .softLink("/")),
    ]
    catalog.groups[1].links = [
      Catalog.Link("x", .dataset(0)), Catalog.Link("up", .softLink("/again")),
      Catalog.Link("beside", .softLink("x")), Catalog.Link("down", .softLink("x/y")),
    ]
    var resolver = CatalogResolver(catalog)
    for (group, link) in [(0, 1), (0, 2), (1, 1), (1, 2)] {
      let object = try resolver.object(catalog.groups[group].links[link], in: group)
      guard case .dataset(0) = object else {
        Issue.record("\(link) of \(group) leads to \(object)")
        continue
      }
    }
    let error = #expect(throws: CheckpointError.self) {
      _ = try resolver.object(catalog.groups[1].links[3], in: 1)
    }
    #expect(error?.code == .danglingLink && error?.name == "g/down")
  }
}
