public import DBNCheckpointFormats
public import DBNTensors

import DBNHDF5
import DBNNumPy
import DBNSafetensors
import DBNTorch

/// The formats that files are recognised as and written in, in order: the first that recognises a
/// file, or has its extension, has it.
///
///     try Checkpoint.open(path, formats: .standard + [MyFormat()])
public struct FormatRegistry: Sendable {
  /// The formats, in the order in which they are asked.
  public let formats: [any CheckpointFormat]

  /// A registry of these formats alone, asked in this order.
  public init(_ formats: [any CheckpointFormat]) {
    self.formats = formats
  }

  /// The formats of this toolkit. Archives of arrays come before those of PyTorch, which has every
  /// other zip file.
  public static let standard = FormatRegistry([
    NumPyFormat(), TorchExportFormat(), TorchZipFormat(), TorchLegacyFormat(), TorchTarFormat(),
    TorchDistributedFormat(), KerasHDF5Format(), HDF5Format(), SafetensorsFormat(),
  ])

  /// Further formats, which are asked after the others.
  public static func + (registry: Self, formats: [any CheckpointFormat]) -> Self {
    Self(registry.formats + formats)
  }

  /// Formats that are asked before the others: what they recognise is theirs.
  public static func + (formats: [any CheckpointFormat], registry: Self) -> Self {
    Self(formats + registry.formats)
  }

  /// The format of this name, or with this extension.
  public func named(_ name: String) -> (any CheckpointFormat)? {
    formats.first { $0.name == name || $0.extensions.contains(name) }
  }

  /// The format that a file is to be written in, by its extension.
  ///
  /// - Throws: `unknownFormat` when nothing is written under that extension.
  public func forWriting(_ path: String) throws(CheckpointError) -> any CheckpointFormat {
    let name = path.split(separator: "/").last ?? ""
    let suffix = name.split(separator: ".", omittingEmptySubsequences: false).dropFirst().last
    let known = formats.first { $0.extensions.contains(suffix?.lowercased() ?? "") }
    guard let known, known.isWritable else {
      let writable = formats.filter(\.isWritable).flatMap(\.extensions)
      throw CheckpointError(
        .unknownFormat, path: path,
        known.map { "\($0.name) files cannot be written yet" }
          ?? "the extension does not say what to write",
        advice: "end the name in " + writable.map { ".\($0)" }.joined(separator: " or "))
    }
    return known
  }
}
