import DBNCheckpoints
import DBNConversions
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// Checkpoints that were cut off or damaged: every tensor that is whole comes out, bit for bit, and
/// every other is named.
struct SalvageTests {
  private static let digits = Fixture("torch/digits-standard").file("checkpoint.pth")
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// The digits network in a format, and the CRC-32 of its tensors by name.
  private func original(_ suffix: String) throws -> (bytes: [UInt8], tensors: [String: UInt32]) {
    let path = folder.file("whole.\(suffix)")
    let checkpoint = try Checkpoint.open(Self.digits)
    if suffix == "pth" {
      try FileManager.default.copyItem(atPath: Self.digits, toPath: path)
    } else {
      try checkpoint.write(to: path)
    }
    let tensors = try checkpoint.stateDict().tensors.map {
      ($0.name, try $0.tensor.storage.crc32())
    }
    let bytes = Array(try Data(contentsOf: URL(filePath: path)))
    return (bytes, Dictionary(tensors, uniquingKeysWith: { $1 }))
  }

  private func write(_ bytes: [UInt8], _ suffix: String) throws -> String {
    let path = folder.file("broken-\(UUID()).\(suffix)")
    try Data(bytes).write(to: URL(filePath: path))
    return path
  }

  /// At every cut a tensor is recovered or named, and what is recovered never shrinks with a later
  /// cut.
  @Test(arguments: ["pth", "safetensors", "h5"])
  func everyWholeTensorOfACutFileComesOut(suffix: String) throws {
    let (bytes, tensors) = try original(suffix)
    var best = 0
    for count in stride(from: 1, through: bytes.count, by: max(1, bytes.count / 150)) {
      let path = try write(Array(bytes.prefix(count)), suffix)
      guard let result = try? Conversion.salvaging(path) else {
        #expect(best == 0, "nothing after \(count) bytes")
        continue
      }
      let lost = Set(result.report.losses.map(\.name))
      let kept = try result.checkpoint.stateDict()
      for (name, tensor) in kept { #expect(try tensor.storage.crc32() == tensors[name]) }
      // The list of an HDF5 group's entries can be lost, and then their names are.
      let namesAll = lost.union(kept.names) == Set(tensors.keys) || lost.contains("(more entries)")
      #expect(namesAll && lost.isDisjoint(with: kept.names))
      #expect(kept.count >= best, "\(count) of \(bytes.count) bytes")
      best = kept.count
    }
    #expect(best >= tensors.count - 1)
  }

  @Test(arguments: ["pth", "safetensors", "h5"])
  func aWholeFileIsCopiedWithoutLoss(suffix: String) throws {
    let (bytes, tensors) = try original(suffix)
    let output = folder.file("out.h5")
    let command = try Command("salvage", try write(bytes, suffix), output)
    #expect(command.status == 0 && command.output.contains("nothing is lost"), "\(command.error)")
    #expect(try Checkpoint.open(output).stateDict().count == tensors.count)
  }

  /// The weights of a program come before the list of their names, and the operations after it.
  @Test func aProgramCutAfterItsListOfWeightsComesOut() throws {
    let path = Fixture("export/programs/2.13").file("convolutions.pt2")
    let whole = try Checkpoint.open(path).stateDict()
    let bytes = Array(try Data(contentsOf: URL(filePath: path)))
    var counts: Set<Int> = []
    for count in stride(from: 1, to: bytes.count, by: max(1, bytes.count / 100)) {
      let cut = try write(Array(bytes.prefix(count)), "pt2")
      guard let result = try? Conversion.salvaging(cut) else { continue }
      let kept = try result.checkpoint.stateDict()
      counts.insert(kept.count)
      let isGraphLost = result.report.losses.contains { $0.name == "graph" }
      #expect(isGraphLost == (result.checkpoint.graph == nil))
      for (name, tensor) in kept {
        #expect(try tensor.storage.crc32() == whole[name]?.storage.crc32())
      }
    }
    #expect(counts == [whole.count])
  }

  /// Of a model and its average, the model is the state dict, even if it has lost more.
  @Test func anAverageDoesNotTakeThePlaceOfTheModel() throws {
    let model = try Checkpoint.open(Self.digits).stateDict()
    let source = folder.file("both.pth")
    var average = StateDict()
    for (name, tensor) in model {
      average[name] = try Tensor(
        tensor.scalarType, shape: tensor.shape,
        storage: TensorStorage(tensor.storage.bytes()))
    }
    var root = CheckpointDictionary()
    // Records are in the order of the entries: the average comes first, and the model is cut.
    root.set(.string("ema"), to: .dictionary(average.dictionary))
    root.set(.string("model"), to: .dictionary(model.dictionary))
    try Checkpoint(root: .dictionary(root)).write(to: source)
    let bytes = Array(try Data(contentsOf: URL(filePath: source)))
    let input = try write(Array(bytes.prefix(bytes.count * 3 / 4)), "pth")
    let output = folder.file("out.safetensors")
    let command = try Command("salvage", input, output)
    #expect(command.status == 1 && command.error.contains("--entry model"), "\(command.error)")
    let header = String(decoding: try Data(contentsOf: URL(filePath: output)), as: UTF8.self)
    #expect(header.contains("\"ema/") && !header.contains("\"model/"))
  }

  /// A damaged tensor is lost, and no other.
  @Test func aDamagedTensorIsNamed() throws {
    var (bytes, tensors) = try original("pth")
    let middle = bytes.count / 2
    bytes[middle] ^= 1
    let (input, output) = (try write(bytes, "pth"), folder.file("out.pth"))
    let command = try Command("salvage", input, output, "--json")
    #expect(command.status == 1)
    let json = try JSON(parsing: command.output)
    #expect(json["losses"]?.array?.count == 1)
    #expect(json["losses"]?.array?.first?["reason"]?.string?.contains("CRC-32") == true)
    #expect(try Checkpoint.open(output).stateDict().count == tensors.count - 1)
  }

  @Test func theCommandListsWhatIsLostAndEndsWithOne() throws {
    let (bytes, tensors) = try original("pth")
    let input = try write(Array(bytes.prefix(bytes.count / 2)), "pth")
    let output = folder.file("out.safetensors")
    let command = try Command("salvage", input, output)
    let kept = try Checkpoint.open(output).stateDict().names
    #expect(command.status == 1 && !kept.isEmpty && kept.count < tensors.count)
    for name in tensors.keys where !kept.contains(name) {
      #expect(command.output.contains("lost: \(name): its bytes are in the part"))
    }
    #expect(try Command("convert", input, folder.file("no.h5")).status == 2)
  }

  /// Files that were made to attack: a view of a lost storage can claim any size, and takes none.
  @Test func hostileFilesEndInAResultOrAnError() throws {
    let folder = Fixture("torch/hostile").file("")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(".pth") }
    for name in names.sorted() {
      let bytes = Array(try Data(contentsOf: URL(filePath: folder + name)))
      for count in [bytes.count, bytes.count - 1, bytes.count * 3 / 4] where count > 0 {
        let result = try? Conversion.salvaging(write(Array(bytes.prefix(count)), "pth"))
        #expect((result?.checkpoint.tensorByteCount ?? 0) <= 1 << 31, "\(name)")
      }
    }
    #expect(names.count > 50)
  }

  @Test func aFileWithoutASingleTensorIsAnError() throws {
    let (bytes, _) = try original("pth")
    let output = folder.file("out.h5")
    for count in [0, 10, 100, 2000] {
      let command = try Command("salvage", try write(Array(bytes.prefix(count)), "pth"), output)
      #expect(command.status == 2 && !command.error.isEmpty)
      #expect(!FileManager.default.fileExists(atPath: output))
    }
  }
}
