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
    "sharing": [.limitExceeded], "depth": [.limitExceeded], "duplicate-name": [.duplicateKey],
    "bounds": [.extentOutsideFile, .inconsistentTensor, .overflow],
    "chunk": [.invalidChunk, .declaredTooLarge], "empty": [.notHDF5], "format": [.notHDF5],
    "truncated": [.truncated], "corrupt": [.checksumMismatch],
  ]

  /// The words of fixtures with one bad entry, which is listed with its reason.
  private static let entryHints = [
    "external-link", "soft-link", "external-storage", "virtual-dataset", "cycle", "type", "filter",
    "size",
  ]

  private static let hostile = (try? Fixture("hdf5/hostile").expected.array) ?? []

  @Test func thereAreHostileFiles() {
    #expect(FixtureTests.hostile.count > 50)
  }

  @Test(arguments: hostile)
  func hostileFilesAreRefusedOrTheirBadEntryIs(rule: JSON) throws {
    let file = Fixture("hdf5/hostile").file(try #require(rule["file"]?.string))
    let hint = try #require(rule["code_hint"]?.string)
    let words = rule["mentions"]?.array?.compactMap(\.string) ?? []
    let found =
      FixtureTests.entryHints.contains(hint)
      ? try unreadableEntries(of: file) : try refusal(of: file, hint)
    for word in words { #expect(found.replacing("/", with: ".").contains(word), "\(found)") }
    #expect(!found.contains("damaged") || !FixtureTests.entryHints.contains(hint))
  }

  private func refusal(of file: String, _ hint: String) throws -> String {
    let error = #expect(throws: CheckpointError.self) {
      let checkpoint = try HDF5Checkpoint.read(file)
      // Damage inside chunks is found when the bytes are read.
      let stateDict = try #require(checkpoint.root.dictionary.flatMap { StateDict($0) })
      for tensor in stateDict.tensors { _ = try tensor.tensor.storage.crc32() }
    }
    let codes = try #require(FixtureTests.codes[hint])
    #expect(codes.contains(try #require(error).code), "\(error?.description ?? "")")
    return error?.description ?? ""
  }

  private func unreadableEntries(of file: String) throws -> String {
    let stateDict = try HDF5Checkpoint.read(file).stateDict()
    #expect(try stateDict["first.weight"]?.doubles() == [1, 2, 3, 4, 5, 6, 7, 8])
    let reasons = stateDict.dictionary.entries.compactMap { entry -> String? in
      guard case .opaque(let value) = entry.value, let reason = value.unreadableReason else {
        return nil
      }
      return "\(entry.key.description): \(value.name) \(reason)"
    }
    #expect(!reasons.isEmpty)
    return reasons.joined(separator: "\n")
  }
}
