public import DBNCheckpointFormats
public import DBNTensors

import DBNHDF5
import DBNNumPy
import DBNSafetensors
import DBNTorch

/// The formats for reading and writing files, in order: the first that recognises a file, or has
/// its extension, is used.
///
///     try Checkpoint.open(path, formats: .standard + [MyFormat()])
public struct FormatRegistry: Sendable {
  /// The formats, in the order in which they are tried.
  public let formats: [any CheckpointFormat]

  /// A registry of only these formats, tried in this order.
  public init(_ formats: [any CheckpointFormat]) {
    self.formats = formats
  }

  /// The formats of this toolkit. NumPy's archives come before PyTorch's formats, which accept
  /// every other zip file.
  public static let standard = FormatRegistry([
    NumPyFormat(), KerasArchiveFormat(), TorchExportFormat(), TorchZipFormat(), TorchLegacyFormat(),
    TorchTarFormat(), TorchDistributedFormat(), TorchDeepSpeedFormat(), KerasShardsFormat(),
    KerasHDF5Format(), HDF5Format(), SafetensorsFormat(), TorchPickleFormat(),
  ])

  /// Adds formats that are tried after the others.
  public static func + (registry: Self, formats: [any CheckpointFormat]) -> Self {
    Self(registry.formats + formats)
  }

  /// Adds formats that are tried before the others, and so take precedence.
  public static func + (formats: [any CheckpointFormat], registry: Self) -> Self {
    Self(formats + registry.formats)
  }

  /// The format of this name, or with this extension.
  public func named(_ name: String) -> (any CheckpointFormat)? {
    formats.first { $0.name == name || $0.extensions.contains(name) }
  }

  /// The format for writing a file, by its extension.
  ///
  /// - Throws: `unknownFormat` if no writable format has the extension.
  public func forWriting(_ path: String) throws(CheckpointError) -> any CheckpointFormat {
    let name = path.split(separator: "/").last ?? ""
    let suffix = name.split(separator: ".", omittingEmptySubsequences: false).dropFirst().last
    let known = formats.first { $0.extensions.contains(suffix?.lowercased() ?? "") }
    guard let known, known.isWritable else {
      let writable = formats.filter(\.isWritable).flatMap(\.extensions)
      throw CheckpointError(
        .unknownFormat, path: path,
        known.map { "\($0.name) files cannot be written yet" }
          ?? "the extension does not indicate a format",
        advice: "end the name in "
          + writable.dropLast().map { ".\($0)" }.joined(separator: ", ")
          + (writable.last.map { " or .\($0)" } ?? ""))
    }
    return known
  }
}
