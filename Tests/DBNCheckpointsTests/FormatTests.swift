import DBNCheckpointFormats
import DBNCheckpoints
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

struct FormatTests {
  private static let fixtures = ["torch", "torch/legacy", "hdf5", "safetensors", "npz"].flatMap {
    Fixture.all($0).filter { $0.name != "safetensors/ranks" }
  }

  private static let fileNames = [
    "weights.h5", "checkpoint.pth", "model.safetensors", "model.safetensors.index.json",
    "arrays.npz", "arrays.npy",
  ]

  @Test(arguments: fixtures)
  func everyFixtureIsRecognisedByItsContent(fixture: Fixture) throws {
    let expected = try fixture.expected
    guard let format = expected["format"]?.string else { return }
    let file = try #require(
      Self.fileNames.first { FileManager.default.fileExists(atPath: fixture.file($0)) })
    #expect(try FormatRegistry.standard.recognise(fixture.file(file)).name == format)
    #expect(throws: Never.self) { try Checkpoint.open(fixture.file(file)) }
  }

  @Test func aFolderStandsForTheCheckpointInIt() throws {
    let folder = Fixture("safetensors/sharded").file("")
    #expect(try FormatRegistry.standard.recognise(folder).name == "safetensors")
    #expect(try Checkpoint.open(folder).root.dictionary?.entries.count == 5)
    let error = #expect(throws: CheckpointError.self) {
      try Checkpoint.open(Fixture("safetensors").file(""))
    }
    #expect(error?.code == .notARegularFile)
  }

  @Test(arguments: [
    ("model.h5", "hdf5"), ("a.b/MODEL.HDF5", "hdf5"), ("model.safetensors", "safetensors"),
    ("m.pth", "torch-zip"),
    ("M.CKPT", "torch-zip"),
  ])
  func theExtensionSaysWhatToWrite(path: String, format: String) throws {
    #expect(try FormatRegistry.standard.forWriting(path).name == format)
  }

  @Test(arguments: ["model", "model.txt", "h5", ".h5/model", ""])
  func namesThatSayNothingAreRefused(path: String) {
    let error = #expect(throws: CheckpointError.self) {
      try FormatRegistry.standard.forWriting(path)
    }
    #expect(error?.code == .unknownFormat)
  }
}
