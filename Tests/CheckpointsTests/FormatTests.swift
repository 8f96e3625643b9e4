import Checkpoints
import Tensors
import TestSupport
import Testing

struct FormatTests {
  @Test(arguments: Fixture.all("torch") + Fixture.all("hdf5"))
  func everyFixtureIsRecognisedByItsContent(fixture: Fixture) throws {
    let expected = try fixture.expected
    guard let format = expected["format"]?.string else { return }
    let file = format == "hdf5" ? "weights.h5" : "checkpoint.pth"
    #expect(try CheckpointFormat.recognise(fixture.file(file)).name == format)
  }

  @Test(arguments: [
    ("model.h5", "hdf5"), ("a.b/MODEL.HDF5", "hdf5"), ("m.pth", "torch-zip"),
    ("M.CKPT", "torch-zip"),
  ])
  func theExtensionSaysWhatToWrite(path: String, format: String) throws {
    #expect(try CheckpointFormat.forWriting(path).name == format)
  }

  @Test(arguments: ["model", "model.txt", "h5", ".h5/model", ""])
  func namesThatSayNothingAreRefused(path: String) {
    let error = #expect(throws: CheckpointError.self) { try CheckpointFormat.forWriting(path) }
    #expect(error?.code == .unknownFormat)
  }
}
