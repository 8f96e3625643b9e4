import DBNCheckpoints
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// Files of Keras as they are given to options, and types that HDF5 does not have.
struct KerasFilesTests {
  private let folder: TemporaryFolder
  private static let fixture = Fixture("keras-batch-norms")

  init() throws {
    folder = try TemporaryFolder()
  }

  private func file(_ name: String) -> String { Self.fixture.file(name) }

  /// The configuration in the archive says what the weights of each layer are.
  @Test func anArchiveShowsHowWeightsAreWrittenForKeras() throws {
    let (renamed, back) = (folder.file("renamed.pth"), folder.file("back.weights.h5"))
    #expect(
      try Command("convert", file("four.keras"), renamed, "--rename", "keras").status == 0)
    let restored = try Command("convert", renamed, back, "--like-keras", file("four.keras"))
    #expect(restored.status == 0, "\(restored.error)")
    let (original, written) = (
      try Checkpoint.open(file("four.weights.h5")).stateDict(), try Checkpoint.open(back)
    )
    #expect(written.format == "keras-hdf5")
    let stateDict = try written.stateDict()
    for (name, tensor) in original.tensors {
      #expect(try stateDict[name]?.doubles() == tensor.doubles(), "\(name)")
    }
  }

  @Test(arguments: ["io.npz", "make.py"])
  func aFileThatIsNotOfKerasIsNamedWithWhatWorks(name: String) throws {
    let refused = try Command(
      "convert", file("four.h5"), folder.file("x.h5"), "--like-keras", file(name))
    #expect(refused.status == 2 && folder.contents.isEmpty)
    #expect(refused.error.contains("\(name): is not a weight file of Keras"))
    #expect(refused.error.contains("give a .keras, .weights.h5 or .h5"))
  }

  /// Keras' older files don't say that their elements of two bytes are bfloat16.
  @Test(arguments: [[], ["--state-dict-only"]])
  func olderFilesWithBfloat16AreRead(options: [String]) throws {
    let output = folder.file("out.pth")
    let done = try Command(["convert", file("bfloat16.h5"), output, "--verify"] + options)
    #expect(done.status == 0, "\(done.error)")
    #expect(done.error.contains("read as bfloat16"))
    let bits = try Checkpoint.open(file("bfloat16.npz")).stateDict()
    let stateDict = try Checkpoint.open(output).stateDict()
    #expect(bits.tensors.count == 6)
    for (name, tensor) in bits.tensors {
      let layer = name.split(separator: ".")[0]
      let read = try #require(stateDict["model_weights.\(layer).\(name)"], "\(name)")
      #expect(read.scalarType == .bfloat16 && read.shape == tensor.shape)
      #expect(try read.storage.crc32() == tensor.storage.crc32())
    }
  }
}
