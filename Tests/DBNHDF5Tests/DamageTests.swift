import DBNCheckpointFormats
import DBNHDF5
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// Files of the schema that were cut short, damaged or edited.
struct DamageTests {
  private let folder: TemporaryFolder
  private let bytes: [UInt8]
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("good.h5")
    var stateDict = try Sample.stateDict(["a", "b", "c"])
    stateDict.set(.string("epoch"), to: .int(90))
    stateDict.attributes = [("_metadata", .list([.int(1)]))]
    try HDF5Format().write(Checkpoint(root: .dictionary(stateDict), history: [1]), to: path)
    bytes = Array(try Data(contentsOf: URL(filePath: path)))
  }

  private func readAll(_ path: String) throws {
    let checkpoint = try HDF5Checkpoint.read(path)
    for entry in checkpoint.root.dictionary?.entries ?? [] {
      if let tensor = entry.value.tensor { _ = try tensor.storage.crc32() }
    }
  }

  @Test func everyShortPrefixIsRefused() throws {
    try readAll(path)
    let steps = Set(stride(from: 0, to: bytes.count, by: 7)).union(0..<64)
      .union((bytes.count - 64)..<bytes.count)
    for count in steps.sorted() {
      let short = try folder.write(Array(bytes.prefix(count)), to: "short.h5")
      #expect(throws: CheckpointError.self, "\(count) bytes") { try readAll(short) }
    }
  }

  @Test func everyDamagedByteOfATensorIsFound() throws {
    let catalog = try Catalog.reading(path)
    for dataset in catalog.datasets where dataset.path != "epoch" {
      guard case .contiguous(let offset, let count) = dataset.extent else { continue }
      for place in offset..<offset + count {
        var damaged = bytes
        damaged[place] ^= 1 << (place % 8)
        let file = try folder.write(damaged, to: "damaged.h5")
        let error = #expect(throws: CheckpointError.self) { try readAll(file) }
        #expect(error?.code == .checksumMismatch)
        #expect(error?.reason.contains("'\(dataset.path)'") == true && error?.offset == offset)
        #expect(error?.advice?.description.contains("`checksums`") == true)
      }
    }
  }

  /// Only the bytes of checksummed metadata and of tensors: libhdf5 1.10 can end the process on
  /// what no checksum covers.
  @Test func damageBehindChecksumsNeverPassesUnseen() throws {
    for place in 0..<48 {
      var damaged = bytes
      damaged[place] ^= 0x10
      let file = try folder.write(damaged, to: "damaged.h5")
      #expect(throws: CheckpointError.self, "byte \(place)") { try readAll(file) }
    }
  }

  @Test func aFileBehindAUserBlockIsRecognised() throws {
    for size in [512, 1024, 4096] {
      let behind = [UInt8](repeating: 0, count: size) + bytes
      #expect(HDF5Checkpoint.recognises(ByteRegion(behind)))
    }
    #expect(!HDF5Checkpoint.recognises(ByteRegion([UInt8](repeating: 0, count: 100) + bytes)))
    #expect(!HDF5Checkpoint.recognises(ByteRegion([])))
  }
}
