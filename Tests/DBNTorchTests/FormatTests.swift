import DBNTensors
import DBNTestSupport
import DBNTorch
import Testing

/// What is recognised as a file of `torch.save`, and what is said of those that can't be read.
struct FormatTests {
  static let files: [(name: String, bytes: [UInt8], isOurs: Bool, code: CheckpointError.Code)] = [
    (
      "TorchScript", Archive([.init("a/model.json", []), .init("a/code/m.py", [])]).bytes, true,
      .torchProgram
    ),
    (
      "torch.export without weights", Archive([.init("a/models/model.json", [])]).bytes, true,
      .torchRecordMissing
    ),
    (
      "two models",
      Archive([.init("a/models/one.json", []), .init("a/models/two.json", [])]).bytes, true,
      .torchProgram
    ),
    (
      "compiled code without operations", Archive([.init("a/models/model.so", [])]).bytes, true,
      .torchProgram
    ),
    ("another zip", Archive([.init("readme", [])]).bytes, true, .notATorchCheckpoint),
    ("an empty zip", Archive([]).bytes, true, .notATorchCheckpoint),
    ("no pickle", Archive([.init("a/data/0", [])]).bytes, true, .torchRecordMissing),
    (
      "a new version",
      Archive([.init("a/data.pkl", []), .init("a/version", Array("11\n".utf8))]).bytes, true,
      .torchVersion
    ),
    (
      "no byte order", Archive([.init("a/data.pkl", []), .init("a/byteorder", [0x78])]).bytes, true,
      .torchByteOrder
    ),
    ("nothing", [], false, .notATorchCheckpoint),
    ("text", Array("hello".utf8), false, .notATorchCheckpoint),
    ("HDF5", [0x89] + Array("HDF\r\n\u{1a}\n".utf8), false, .notATorchCheckpoint),
  ]

  @Test(arguments: files)
  func otherFilesAreToldByTheirCode(
    file: (name: String, bytes: [UInt8], isOurs: Bool, code: CheckpointError.Code)
  ) throws {
    let region = ByteRegion(file.bytes)
    #expect(TorchCheckpoint.recognises(region) == file.isOurs)
    let error = try #require(throws: CheckpointError.self) { try TorchCheckpoint.read(region) }
    #expect(error.code == file.code, "\(error)")
    #expect(error.advice != nil)
  }
}
