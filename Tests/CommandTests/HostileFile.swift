import DBNCheckpoints
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// Files in which every text is hostile: it moves a terminal's cursor, ends the line, writes from
/// right to left, can't be seen, and begins a script.
enum HostileFile: String, CaseIterable {
  /// BatchNorms, ties, other values, opaque objects and a history, all with the hostile name.
  case checkpoint
  case refusedFunction, refusedModule, missingRecord, overlaps, parameterAttributes
  case safetensors, unknownType, repeatedName, index
  case npz, npzType
  case hdf5, damagedHDF5

  /// Also a valid file name.
  static let name =
    "\u{1B}[2J\u{1B}]0;x\u{7}a\rb\nFORGED\u{8}\u{7F}\u{9B}31m\u{85}\u{202E}c\u{2066}d\u{200B}\u{FEFF}"
    + "\u{2028}\u{AD}\u{61C}\u{E0041}\u{3164}\té漢字<script>"

  func write(to folder: TemporaryFolder) throws -> String {
    switch self {
    case .hdf5, .damagedHDF5: return try writeHDF5(to: folder)
    default: return try folder.write(bytes, to: "in.\(fileExtension)")
    }
  }

  private var fileExtension: String {
    switch self {
    case .safetensors, .unknownType, .repeatedName: "safetensors"
    case .index: "safetensors.index.json"
    case .npz, .npzType: "npz"
    default: "pth"
    }
  }

  private var bytes: [UInt8] {
    let (name, tensor) = (Self.name, Pickle.tensor())
    switch self {
    case .checkpoint: return Self.checkpointBytes
    case .refusedFunction: return Self.archive(Self.object("os", name))
    case .refusedModule: return Self.archive(Self.object("os.\(name)", name))
    case .missingRecord: return Self.archive(Pickle.tensor(of: Pickle.storage(name)))
    case .overlaps:
      return Pickle.archive(
        Pickle.dictionary(
          (Pickle.text(name), Pickle.tensor([3])),
          (Pickle.text(name + "2"), Pickle.tensor([3], offset: 1)))
      ).bytes
    case .parameterAttributes:
      let attributes = Pickle.dictionary((Pickle.text(name), Pickle.int(1)))
      return Self.archive(
        Pickle.call(
          "torch._utils._rebuild_parameter_with_state", tensor, [0x88],
          Pickle.call("collections.OrderedDict"), attributes))
    case .safetensors:
      let metadata = #""__metadata__": {\#(Self.quoted): \#(Self.quoted)}"#
      return Self.safetensors("{\(Self.field("F32")), \(metadata)}")
    case .unknownType: return Self.safetensors("{\(Self.field(name))}")
    case .repeatedName: return Self.safetensors("{\(Self.field("F32")), \(Self.field("F32"))}")
    case .index:
      let map = #""weight_map": {\#(Self.quoted): \#(Self.quoted)}"#
      return Array(#"{"metadata": {\#(Self.quoted): 1}, \#(map)}"#.utf8)
    case .npz: return Self.npz("<f4")
    case .npzType: return Self.npz(name)
    case .hdf5, .damagedHDF5: return []
    }
  }

  /// As the command writes them: a path in HDF5 can't hold every name.
  private func writeHDF5(to folder: TemporaryFolder) throws -> String {
    let path = folder.file("in.h5")
    let source = try folder.write(Self.checkpointBytes, to: "source.pth")
    try Checkpoint(root: Checkpoint.open(source).root.withoutOpaque).write(to: path)
    guard self == .damagedHDF5 else { return path }
    var bytes = Array(try Data(contentsOf: URL(filePath: path)))
    let place = try #require(Data(bytes).firstRange(of: Data(Pickle.floats)))
    bytes[place.lowerBound] ^= 1
    return try folder.write(bytes, to: "damaged.h5")
  }
}

extension HostileFile {
  private static let checkpointBytes: [UInt8] = {
    let tensors = ["weight", "bias", "running_mean", "running_var"].map {
      Pickle.text("\(name).\($0)") + Pickle.tensor()
    }
    let stateDict = Pickle.emptyDict + Pickle.mark + tensors.joined() + Pickle.setItems
    let text = Pickle.text(name)
    let history: JSON = [["operation": .string(name), "source": ["file": .string(name)]]]
    var archive = Pickle.archive(
      Pickle.dictionary(
        (text, stateDict), (Pickle.text("text"), text), (Pickle.text("list"), Pickle.list(text)),
        (Pickle.tuple(text, text), Pickle.dictionary((text, Pickle.int(1)))),
        (Pickle.text("object" + name), object(name, name))))
    archive.records.append(
      .init("archive/extra/dbn_convert_history.json", Array(history.text().utf8)))
    return archive.bytes
  }()

  private static func archive(_ value: [UInt8]) -> [UInt8] {
    Pickle.archive(Pickle.dictionary((Pickle.text(name), value))).bytes
  }

  /// A call of a function whose name is not a line.
  private static func object(_ module: String, _ function: String) -> [UInt8] {
    Pickle.text(module) + Pickle.text(function) + [0x93] + Pickle.tuple(Pickle.text(name))
      + Pickle.reduce
  }

  private static var quoted: String { JSON.string(name).text() }

  private static func field(_ type: String) -> String {
    #"\#(quoted): {"dtype": \#(JSON.string(type).text()), "shape": [4], "#
      + #""data_offsets": [0, 16], \#(quoted): 1}"#
  }

  private static func safetensors(_ header: String) -> [UInt8] {
    littleEndian(header.utf8.count) + Array(header.utf8) + Pickle.floats
  }

  private static func npz(_ type: String) -> [UInt8] {
    let header = Array("{'descr': '\(type)', 'fortran_order': False, 'shape': (4,), }".utf8)
    let array = [0x93] + Array("NUMPY\u{1}\u{0}".utf8) + littleEndian(UInt16(header.count)) + header
    let bytes = array + Pickle.floats
    return Archive([.init("\(name).npy", bytes, crc32: CRC32.of(bytes.span.bytes))]).bytes
  }
}

extension CheckpointValue {
  /// The entries that every format holds.
  fileprivate var withoutOpaque: CheckpointValue {
    guard case .dictionary(let dictionary) = self else { return self }
    var rest = CheckpointDictionary()
    for entry in dictionary.entries {
      if case .opaque = entry.value { continue }
      rest.set(entry.key, to: entry.value)
    }
    return .dictionary(rest)
  }
}
