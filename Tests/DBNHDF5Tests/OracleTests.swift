import DBNCheckpointFormats
import DBNTensors
import DBNTestSupport
import Testing

@testable import DBNHDF5

/// What is read of files is what libhdf5 says of them.
struct OracleTests {
  /// HDF5 before 2.0 can't open all of the one in its format.
  private static let healthy =
    Fixture.all("hdf5").filter { $0.name != "hdf5/hostile" }
    + ["h5py-many", "h5py-filters", "h5py-structures"].flatMap { Fixture.all("hdf5/\($0)") }
    .filter { !$0.name.hasSuffix("v200") }

  /// libhdf5 1.10 gives the chunks of these the places of others: it does not undo the order in
  /// which chunks are counted when a dimension other than the first can grow. FixtureTests compares
  /// their values.
  private static let misplaced = ["growing.second", "growing.second.gzip", "shrunk"]

  @Test(arguments: healthy)
  func catalogsOfFixturesAgree(fixture: Fixture) throws {
    try compare(fixture.file("weights.h5"))
  }

  /// Thousands of links, in heaps whose blocks lead to blocks of blocks.
  @Test func catalogsOfWrittenFilesAgree() throws {
    let folder = try TemporaryFolder()
    var dictionary = try Sample.stateDict(
      (0..<900).map { "\($0 * 7919 % 900)" + String(repeating: "k", count: 900 + $0 % 90) })
    for (index, value) in Sample.values.enumerated() { dictionary.set(.int(index), to: value) }
    dictionary.set(.string(String(repeating: "k", count: 60_000)), to: .tensor(try Sample.tensor()))
    dictionary.set(.string("large"), to: .tensor(try Sample.tensor(.float32, [300, 2000])))
    dictionary.attributes = [("_metadata", .list(Sample.values))]
    let path = folder.file("a.h5")
    for compression in [nil, WritingOptions.Compression.gzip(level: 1)] {
      try HDF5Format().write(
        Checkpoint(root: .dictionary(dictionary)), to: path,
        options: WritingOptions(existing: .replace, compression: compression))
      try compare(path)
    }
  }

  /// Groups in groups with tied tensors between them, and the file is closed and opened again in
  /// the middle of each.
  @Test(arguments: [1, 2, 3, 7])
  func filesThatWereOpenedAnewHoldTheSame(objectsAtOnce: Int) throws {
    let folder = try TemporaryFolder()
    var root = try Sample.stateDict((0..<20).map { "layer\($0)" })
    let tied = try #require(root["layer3"])
    for depth in 0..<6 {
      var outer = try Sample.stateDict(["before", "\(depth)"])
      outer.set(.string("tied"), to: tied)
      outer.set(.string("values"), to: .list(Sample.values))
      outer.set(.string("inner"), to: .dictionary(root))
      outer.set(.string("after"), to: .tensor(try Sample.tensor()))
      root = outer
    }
    let plan = try SchemaWriter(Checkpoint(root: .dictionary(root)))
    var (whole, parts) = (plan.catalog, plan.catalog)
    try CatalogWriter.create(&whole, at: folder.file("whole.h5"))
    try CatalogWriter.create(
      &parts, at: folder.file("parts.h5"), objectsAtOnce: objectsAtOnce)
    let read = try Catalog.reading(folder.file("parts.h5"))
    #expect(read.objects == (try Catalog.reading(folder.file("whole.h5"))).objects)
    let extents = read.datasets.map { "\($0.extent)" }.sorted()
    #expect(extents == parts.datasets.map { "\($0.extent)" }.sorted())
    try compare(folder.file("parts.h5"))
  }

  private func compare(_ path: String) throws {
    let ours = try CatalogParser.read(MappedFile.open(path))
    let theirs = try CatalogReader.read(path, byteCount: MappedFile.open(path).count)
    #expect(ours.groups.count == theirs.groups.count)
    #expect(ours.datasets.count == theirs.datasets.count)
    for (ours, theirs) in zip(ours.groups, theirs.groups) {
      #expect(ours.comparable == theirs.comparable)
    }
    for (ours, theirs) in zip(ours.datasets, theirs.datasets)
    where !OracleTests.misplaced.contains(ours.path) {
      #expect(ours.comparable == theirs.comparable)
    }
  }
}

extension Catalog.Group {
  fileprivate var comparable: String { "\(path) \(attributes.comparable) \(links)" }
}

extension Catalog.Dataset {
  fileprivate var comparable: String {
    guard case .chunked(let chunks) = extent else {
      return "\(path) \(attributes.comparable) \(type) \(shape as Any) \(extent)"
    }
    // The order of chunks means nothing.
    let sorted = chunks.chunks.sorted { $0.origin.lexicographicallyPrecedes($1.origin) }
    return "\(path) \(attributes.comparable) \(type) \(shape as Any) \(chunks.shape) "
      + "\(chunks.filters) \(chunks.fill) \(chunks.leavesEdgesUnfiltered) \(sorted)"
  }
}

extension [Catalog.Attribute] {
  /// libhdf5 is not asked for lists of texts.
  fileprivate var comparable: String {
    "\(map { if case .strings = $0.value { Catalog.Attribute($0.name, .other) } else { $0 } })"
  }
}

extension Catalog {
  /// All that is in the file, but for where.
  fileprivate var objects: [String] {
    groups.map(\.comparable)
      + datasets.map { "\($0.path) \($0.attributes.comparable) \($0.type) \($0.shape ?? [-1])" }
  }
}
