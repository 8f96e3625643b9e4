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

  @Test(arguments: [("four.weights.h5", "back.h5"), ("four.h5", "back.weights.h5")])
  func `a name under which Keras would look for the other kind of file is refused`(
    template: String, output: String
  ) throws {
    let renamed = folder.file("renamed.pth")
    _ = try Command("convert", file("four.keras"), renamed, "--rename", "keras")
    let refused = try Command(
      "convert", renamed, folder.file(output), "--like-keras", file(template), "--state-dict-only")
    #expect(refused.status == 2 && folder.contents == ["renamed.pth"])
    let right = template.hasSuffix(".weights.h5") ? ".weights.h5" : ".h5"
    #expect(refused.error.contains("end the name in \(right), "), "\(refused.error)")
  }

  @Test func `an optimizer's variables are no weights`() throws {
    let original = try Checkpoint.open(Fixture("keras/keras3-weights").file("weights.h5"))
    var trained = try original.stateDict()
    trained["optimizer.vars.1"] = try .float32([7], [])
    let (first, second) = (folder.file("first.pth"), folder.file("second.pth"))
    try original.write(to: first)
    try original.replacingStateDict(at: EntryPath(), with: trained).write(to: second)
    let verdict = try Command("verify", first, second)
    #expect(verdict.status == 0, "\(verdict.output)")
    #expect(verdict.output.contains("in the second: optimizer.vars (2 tensors)"))
    let alone = folder.file("alone.safetensors")
    _ = try Command("convert", first, alone, "--state-dict-only")
    #expect(try Checkpoint.open(alone).stateDict().names.allSatisfy { !$0.contains("optimizer") })
  }

  @Test func `BatchNorms that are completed need no note on loading`() throws {
    let renaming = ["--rename", "keras", "--state-dict-only"]
    let plain = try Command(["convert", file("four.keras"), folder.file("a.pth")] + renaming)
    #expect(plain.error.contains("--complete-batch-norms") && plain.error.contains("strict=False"))
    let completed = try Command(
      ["convert", file("four.keras"), folder.file("b.pth"), "--complete-batch-norms"] + renaming)
    #expect(completed.status == 0 && !completed.error.contains("strict=False"))
  }

  @Test func `a scale that Keras' layer has no place for is named`() throws {
    let (renamed, scaled) = (folder.file("renamed.pth"), folder.file("scaled.pth"))
    _ = try Command(
      "convert", file("four.keras"), renamed, "--rename", "keras", "--complete-batch-norms")
    let checkpoint = try Checkpoint.open(renamed)
    var stateDict = try checkpoint.stateDict()
    let added = try #require(
      stateDict.tensors.first { name, tensor in
        try name.hasSuffix(".weight") && tensor.doubles().allSatisfy { $0 == 1 }
      }?.name)
    let count = stateDict[added]?.count ?? 0
    stateDict[added] = try .float32(Array(repeating: 2, count: count))
    try checkpoint.replacingStateDict(at: EntryPath(), with: stateDict).write(to: scaled)
    let refused = try Command(
      "convert", scaled, folder.file("x.weights.h5"), "--like-keras", file("four.keras"))
    #expect(refused.status == 2 && refused.error.contains("\(added)"), "\(refused.error)")
    #expect(refused.error.contains("it is not 1 everywhere"))
    #expect(refused.error.contains("scale=True"))
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
