import HDF5
import TestSupport
import Tensors
import Testing

/// Files that h5py wrote.
struct FixtureTests {
  private static let readable =
    Fixture.all("hdf5").filter { $0.name != "hdf5/hostile" }
    + Fixture.all("hdf5/h5py-many") + Fixture.all("hdf5/h5py-filters")

  @Test(arguments: readable)
  func filesOfH5pyAreRead(fixture: Fixture) throws {
    let expected = try fixture.expected
    let checkpoint = try HDF5Checkpoint.read(fixture.file("weights.h5"))
    let stateDict = try #require(checkpoint.root.dictionary.flatMap { StateDict($0) })
    #expect(try Expectation.tensors(stateDict) == expected["tensors"])
    let values = try stateDict.dictionary.entries.filter { $0.value.tensor == nil }.map {
      ["name": .string($0.key.description), "value": try Expectation.tree($0.value)] as JSON
    }
    #expect(.array(values) == expected["values"] ?? [])
  }

  /// The rules that the hostile files break, by file.
  private static let hostile = (try? Fixture("hdf5/hostile").expected.array) ?? []

  @Test(arguments: hostile)
  func hostileFilesAreRefused(rule: JSON) throws {
    let file = try #require(rule["file"]?.string)
    let error = #expect(throws: CheckpointError.self) {
      let checkpoint = try HDF5Checkpoint.read(Fixture("hdf5/hostile").file(file))
      // Damage to the bytes themselves is found when they are read.
      for tensor in checkpoint.root.dictionary.flatMap({ StateDict($0) })?.tensors ?? [] {
        _ = try tensor.tensor.storage.crc32()
      }
    }
    let text = error?.description ?? ""
    for word in rule["mentions"]?.array?.compactMap(\.string) ?? [] {
      #expect(text.replacing("/", with: ".").contains(word), "\(text)")
    }
  }
}
