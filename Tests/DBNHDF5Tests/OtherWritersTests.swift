import DBNTensors
import DBNTestSupport
import Testing

@testable import DBNHDF5

/// What others write into HDF5 files and PyTorch does not: it is read as h5py reads it, or is an
/// entry with the reason why it is not.
struct OtherWritersTests {
  static let fixture = Fixture("hdf5/others")

  private static let files: [JSON.Member] = {
    let text = try? fixture.bytes("contents.json")
    return text.flatMap { try? JSON(parsing: ByteRegion($0)).members } ?? []
  }()

  @Test func thereAreFilesOfOthers() {
    #expect(Self.files.count > 30)
  }

  @Test(arguments: files.map(\.name))
  func filesOfOthersAreReadAsH5pyReadsThem(file: String) throws {
    let expected = try #require(Self.files.first { $0.name == file }?.value)
    let checkpoint = try HDF5Checkpoint.read(Self.fixture.file(file))
    let root = try #require(checkpoint.root.dictionary)
    for tensor in expected["tensors"]?.members ?? [] {
      try compare(#require(root[tensor.name]?.tensor, "\(tensor.name)"), with: tensor.value)
    }
    for shape in expected["shapes"]?.members ?? [] {
      #expect(root[shape.name]?.tensor?.shape == shape.value.array?.compactMap(\.int))
    }
    for entry in expected["unreadable"]?.members ?? [] {
      guard case .opaque(let value)? = root[entry.name] else {
        Issue.record("\(entry.name) is read")
        continue
      }
      let text = "\(value.name) \(value.unreadableReason ?? "")"
      #expect(try text.contains(#require(entry.value.string)), "\(text)")
    }
    for value in expected["values"]?.members ?? [] {
      try compare(#require(root[value.name]), with: value.value)
    }
    let count =
      ["tensors", "shapes", "unreadable", "values"].map { expected[$0]?.members?.count ?? 0 }
      .reduce(0, +)
    #expect(root.entries.count == count)
    for word in expected["notes"]?.array?.compactMap(\.string) ?? [] {
      #expect(checkpoint.notes.contains { $0.description.contains(word) }, "\(checkpoint.notes)")
    }
  }

  private func compare(_ tensor: Tensor, with expected: JSON) throws {
    #expect(tensor.scalarType.name == expected["dtype"]?.string)
    #expect(tensor.shape == expected["shape"]?.array?.compactMap(\.int))
    #expect(try tensor.storage.crc32().hexadecimal == expected["crc32"]?.string)
  }

  private func compare(_ value: CheckpointValue, with expected: JSON) throws {
    if case .string(let text)? = expected["string"] {
      #expect(value.texts == .string(text))
    } else if let list = expected["list"] {
      #expect(value.texts == list)
    } else {
      if case .none = value { return }
      Issue.record("\(value)")
    }
  }

  /// An unreadable entry is refused by name, and what is said of it does not blame the file.
  @Test(arguments: files.map(\.name))
  func limitsAreNotCalledDamage(file: String) throws {
    let root = try #require(try HDF5Checkpoint.read(Self.fixture.file(file)).root.dictionary)
    for entry in root.entries {
      guard case .opaque(let value) = entry.value else { continue }
      let error = CheckpointError.opaque(value, name: entry.key.description)
      #expect(!error.description.contains("damaged"), "\(error)")
      #expect(error.advice?.choices.contains(.allowingLosses) == true)
    }
  }

  @Test func whatIsUnreadableIsLeftOutWithItsNameWhenLossesAreAllowed() throws {
    let checkpoint = try HDF5Checkpoint.read(Self.fixture.file("compound.h5"))
    let (kept, losses) = checkpoint.droppingOpaqueValues()
    #expect(losses.map(\.name) == ["nothing", "table"])
    #expect(kept.root.dictionary?.entries.map(\.key.description) == ["list", "w"])
    #expect(
      checkpoint.notes.contains { $0.description.hasPrefix("2 HDF5 objects are listed and not") })
  }

  /// Values that were never written need neither the file's bytes nor memory.
  @Test func valuesThatWereNeverWrittenAreReadInPieces() throws {
    let root = try #require(
      try HDF5Checkpoint.read(Self.fixture.file("unwritten.h5")).root.dictionary)
    let tensor = try #require(root["large"]?.tensor)
    #expect(tensor.byteCount == 3 << 30)
    #expect(tensor.storage.largestBuffer < 64 << 20)
    var count = 0
    try tensor.storage.read(pieces: 1 << 20, upTo: 2 << 20) { _, bytes in
      count += bytes.byteCount
      #expect(bytes.unsafeLoad(fromByteOffset: bytes.byteCount - 4, as: Float.self) == 1.25)
    }
    #expect(count >= 2 << 20)
  }
}

extension CheckpointValue {
  /// Nested lists of texts as JSON.
  fileprivate var texts: JSON? {
    switch self {
    case .string(let text): .string(text)
    case .list(let elements): .array(elements.compactMap(\.texts))
    default: nil
    }
  }
}
