import DBNHDF5
import DBNTensors
import DBNTestSupport
import Testing

/// Files that h5py wrote.
struct FixtureTests {
  private static let readable =
    Fixture.all("hdf5").filter { $0.name != "hdf5/hostile" }
    + Fixture.all("hdf5/h5py-many")
    + Fixture.all("hdf5/h5py-filters") + Fixture.all("hdf5/h5py-structures")

  @Test(arguments: readable)
  func filesOfH5pyAreRead(fixture: Fixture) throws {
    try compare(HDF5Checkpoint.read(fixture.file("weights.h5")), with: fixture.expected)
  }

  private func compare(_ checkpoint: Checkpoint, with expected: JSON) throws {
    let stateDict = try #require(checkpoint.root.dictionary.flatMap { StateDict($0) })
    #expect(try Expectation.tensors(stateDict) == expected["tensors"])
    let values = try stateDict.dictionary.entries.filter { $0.value.tensor == nil }.map {
      ["name": .string($0.key.description), "value": try Expectation.tree($0.value)] as JSON
    }
    #expect(.array(values) == expected["values"] ?? [])
  }

  /// The codes by which files that break the rules are refused, by the word of the fixture.
  private static let codes: [String: [CheckpointError.Code]] = [
    "external-link": [.externalLink], "soft-link": [.danglingLink],
    "external-storage": [.externalStorage], "virtual-dataset": [.virtualDataset],
    "cycle": [.groupCycle], "sharing": [.limitExceeded], "depth": [.limitExceeded],
    "duplicate-name": [.duplicateKey], "name": [.invalidText],
    "type": [.unsupportedElementType],
    "size": [.declaredTooLarge, .overflow, .invalidChunk],
    "bounds": [.extentOutsideFile, .inconsistentTensor, .overflow],
    "filter": [.unsupportedFilter], "chunk": [.invalidChunk, .declaredTooLarge],
    "empty": [.notHDF5],
    "format": [.notHDF5], "truncated": [.truncated], "corrupt": [.checksumMismatch],
  ]

  private static let hostile = (try? Fixture("hdf5/hostile").expected.array) ?? []

  @Test func thereAreHostileFiles() {
    #expect(FixtureTests.hostile.count > 50)
  }

  @Test(arguments: hostile)
  func hostileFilesAreRefused(rule: JSON) throws {
    let file = try #require(rule["file"]?.string)
    let error = #expect(throws: CheckpointError.self) {
      let checkpoint = try HDF5Checkpoint.read(Fixture("hdf5/hostile").file(file))
      // Damage inside chunks is found when the bytes are read.
      let stateDict = try #require(checkpoint.root.dictionary.flatMap { StateDict($0) })
      for tensor in stateDict.tensors { _ = try tensor.tensor.storage.crc32() }
    }
    let codes = try #require(FixtureTests.codes[rule["code_hint"]?.string ?? ""])
    #expect(codes.contains(try #require(error).code), "\(error?.description ?? "")")
    for word in rule["mentions"]?.array?.compactMap(\.string) ?? [] {
      #expect(error?.description.replacing("/", with: ".").contains(word) == true)
    }
  }
}
