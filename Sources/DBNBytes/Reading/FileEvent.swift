/// Something that is done with a file or a part of it while a checkpoint is opened.
///
/// What is done twice makes opening slow, and no result shows it: so tests count.
package struct FileEvent: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    case opened, mapped
    case parsedHDF5Catalog, parsedZipDirectory, parsedSafetensorsHeader, parsedShardIndex
    case parsedDistributedMetadata
  }

  package let kind: Kind
  /// nil: bytes in memory.
  package let path: String?
  /// Where the part begins in the file: one file can hold several archives.
  package let offset: Int

  /// Is told every event of the current task; for tests.
  @TaskLocal package static var observer: (@Sendable (FileEvent) -> Void)?

  static func report(_ kind: Kind, path: String) {
    observer?(FileEvent(kind: kind, path: path, offset: 0))
  }

  /// Says that something is done with these bytes.
  package static func report(_ kind: Kind, _ bytes: ByteRegion) {
    observer?(FileEvent(kind: kind, path: bytes.path, offset: bytes.fileOffset))
  }
}
