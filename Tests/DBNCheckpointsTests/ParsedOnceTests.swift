import DBNBatchNorm
import DBNCheckpoints
import DBNConversions
import DBNTensors
import DBNTestSupport
import Foundation
import Synchronization
import Testing

/// Whatever has to be known to recognise a file is known when it is read.
struct ParsedOnceTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let path: String
    /// The names of all files that are mapped.
    let files: Set<String>
    /// How many parts of them are parsed.
    let parsed: [FileEvent.Kind: Int]

    init(_ fixture: String, _ name: String, _ parsed: [FileEvent.Kind: Int]) {
      path = Fixture(fixture).file(name)
      files = [String(name.split(separator: "/").last ?? "")]
      self.parsed = parsed
    }

    init(
      folder fixture: String, _ name: String, files: Set<String>, _ parsed: [FileEvent.Kind: Int]
    ) {
      path = Fixture(fixture).file(name)
      self.files = files
      self.parsed = parsed
    }

    var testDescription: String { path }
  }

  static let cases: [Case] = [
    Case("torch/digits-standard", "checkpoint.pth", [.parsedZipDirectory: 1]),
    // The first record does not tell that it is no program.
    Case("torch/rezipped/reversed", "checkpoint.pth", [.parsedZipDirectory: 1]),
    Case("torch/legacy/state-dict", "checkpoint.pth", [:]),
    Case("torch/tar", "checkpoint.pth", [:]),
    Case("pickle/paddle", "checkpoint.pkl", [:]),
    Case("hdf5/h5py-flat", "weights.h5", [.parsedHDF5Catalog: 1]),
    Case("keras/keras2-weights", "weights.h5", [.parsedHDF5Catalog: 1]),
    Case("keras/keras3-weights", "weights.h5", [.parsedHDF5Catalog: 1]),
    // From PyTorch 2.15 on, and 2.6: with archives of `torch.save` inside.
    Case("export/programs/2.15", "small.pt2", [.parsedZipDirectory: 1]),
    Case("export/programs/2.6", "small.pt2", [.parsedZipDirectory: 3]),
    Case("npz/arrays", "arrays.npz", [.parsedZipDirectory: 1]),
    Case("safetensors/state-dict", "model.safetensors", [.parsedSafetensorsHeader: 1]),
  ]

  static let shards: Set<String> = [
    "model.safetensors.index.json", "model-00001-of-00003.safetensors",
    "model-00002-of-00003.safetensors", "model-00003-of-00003.safetensors",
  ]

  static let folders: [Case] = [
    Case(
      folder: "safetensors/sharded", "", files: shards,
      [.parsedShardIndex: 1, .parsedSafetensorsHeader: 3]),
    Case(
      folder: "safetensors/sharded", "model.safetensors.index.json", files: shards,
      [.parsedShardIndex: 1, .parsedSafetensorsHeader: 3]),
    Case(
      folder: "torch/distributed/two-ranks", "checkpoint",
      files: [".metadata", "__0_0.distcp", "__1_0.distcp"], [.parsedDistributedMetadata: 1]),
  ]

  @Test(arguments: cases + folders)
  func eachFileIsOpenedMappedAndParsedOnce(sample: Case) throws {
    let events = try Self.events { _ = try Checkpoint.open(sample.path) }
    for (event, count) in events { #expect(count == 1, "\(event)") }
    let mapped = events.keys.filter { $0.kind == .mapped }.compactMap(\.path)
    #expect(Set(mapped.map { $0.split(separator: "/").last.map(String.init) }) == sample.files)
    for (kind, count) in sample.parsed {
      #expect(events.keys.count { $0.kind == kind } == count, "\(kind)")
    }
  }

  /// From opening to the proof of the finished file, which is opened once too.
  @Test(arguments: [
    cases[0], Case("keras/keras3-weights", "weights.h5", [.parsedHDF5Catalog: 1]),
    Case("torch/digits-shards", "model.pt2", [.parsedZipDirectory: 1]),
  ])
  func aWholeConversionOpensMapsAndParsesItsFileOnce(sample: Case) throws {
    let folder = try TemporaryFolder()
    let output = folder.file("distributed.h5")
    let events = try Self.events {
      try Conversion(opening: sample.path).toDistributed(worldSize: 2, merging: .pooled)
        .write(to: output, proof: .outputs())
    }
    for (event, count) in events { #expect(count == 1, "\(event)") }
    let mapped = events.keys.filter { $0.kind == .mapped }
    #expect(mapped.count == 2 && mapped.contains { $0.path == sample.path }, "\(mapped)")
    for (kind, count) in sample.parsed {
      let ofOutput = kind == .parsedHDF5Catalog ? 1 : 0
      #expect(events.keys.count { $0.kind == kind } == count + ofOutput, "\(kind)")
    }
  }

  /// A damaged file is not parsed again to say what is wrong with it.
  @Test func aDamagedFileIsParsedOnceToo() throws {
    let path = Fixture("hdf5/hostile").file("checksum-of-superblock.h5")
    let events = Self.events {
      _ = #expect(throws: CheckpointError.self) { try Checkpoint.open(path) }
    }
    #expect(events.values.allSatisfy { $0 == 1 }, "\(events)")
    #expect(events.keys.count { $0.kind == .parsedHDF5Catalog } == 1)
  }

  @Test func aCheckpointKnowsItsPathAndItsFormat() throws {
    let folder = Fixture("safetensors/sharded").file("")
    let checkpoint = try Checkpoint.open(folder)
    #expect(checkpoint.path == folder && checkpoint.format == "safetensors")
    let keras = try Checkpoint.open(Fixture("keras/keras3-weights").file("weights.h5"))
    #expect(keras.format == "keras-hdf5")
    #expect(Checkpoint(root: .none).format == nil)
  }

  /// What happens to files in `body`, and how often.
  static func events(in body: () throws -> Void) rethrows -> [FileEvent: Int] {
    let events = EventCounter()
    try FileEvent.observe({ events.add($0) }, during: body)
    return events.counts
  }
}

private final class EventCounter: Sendable {
  private let events = Mutex<[FileEvent: Int]>([:])

  func add(_ event: FileEvent) { events.withLock { $0[event, default: 0] += 1 } }

  var counts: [FileEvent: Int] { events.withLock { $0 } }
}
