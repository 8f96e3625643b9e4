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

  @Test func everyRuleOfChunksIsChecked() {
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
    #expect(code(dataset(chunked([chunk([0])], filters: [1, 1]))) == .unsupportedFilter)
    #expect(code(dataset(chunked([], filters: [32015]))) == .unsupportedFilter)
    #expect(
      code(dataset(chunked([chunk([0])], shape: [1 << 20], filters: [1]))) == .declaredTooLarge)
  }

  @Test func unwrittenBytesAreLimitedInSum() {
    let half = dataset(.unwritten(fill: [0]), [HDF5Limits.unwrittenBytes / 2 + 1])
    #expect(code(half, half) == .declaredTooLarge)
    #expect(code(dataset(.unwritten(fill: [0, 0]), [.max])) == .declaredTooLarge)
  }

  @Test func unknownLayoutsAreRefused() {
    #expect(code(dataset(.unsupported("an unknown layout"))) == .unsupportedLayout)
  }

  @Test func linksOfUnknownClassesAreRefused() {
    var catalog = Catalog()
    catalog.groups[0].links = [Catalog.Link("odd", .userDefinedLink)]
    let error = #expect(throws: CheckpointError.self) { try catalog.validate(fileByteCount: 0) }
    #expect(error?.code == .userDefinedLink && error?.name == "odd")
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
