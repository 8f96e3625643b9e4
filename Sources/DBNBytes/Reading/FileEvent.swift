/// An operation on a file or a part of it while a checkpoint is opened.
///
/// Doing one twice makes opening slow without changing any result, so tests count them.
package struct FileEvent: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    case opened, mapped
    case parsedHDF5Catalog, parsedZipDirectory, parsedSafetensorsHeader, parsedShardIndex
    case parsedDistributedMetadata
  }

  package let kind: Kind
  /// nil for bytes in memory.
  package let path: String?
  /// The offset of the part in the file: one file can hold several archives.
  package let offset: Int

  /// Called with every event of the current task; for tests.
  @TaskLocal package static var observer: (@Sendable (FileEvent) -> Void)?

  static func report(_ kind: Kind, path: String) {
    observer?(FileEvent(kind: kind, path: path, offset: 0))
  }

  /// Reports an operation on these bytes.
  package static func report(_ kind: Kind, _ bytes: ByteRegion) {
    observer?(FileEvent(kind: kind, path: bytes.path, offset: bytes.fileOffset))
  }
}
