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

  /// A type of its own: where a task-local value is an optional closure, optimised code crashes
  /// (Swift 6.3).
  private struct Observer: Sendable {
    let call: @Sendable (FileEvent) -> Void
  }

  @TaskLocal private static var observer: Observer?

  /// Calls a closure with every event of the current task while an operation runs; for tests.
  package static func observe<Result>(
    _ call: @escaping @Sendable (FileEvent) -> Void, during operation: () throws -> Result
  ) rethrows -> Result {
    try $observer.withValue(Observer(call: call), operation: operation)
  }

  static func report(_ kind: Kind, path: String) {
    observer?.call(FileEvent(kind: kind, path: path, offset: 0))
  }

  /// Reports an operation on these bytes.
  package static func report(_ kind: Kind, _ bytes: ByteRegion) {
    observer?.call(FileEvent(kind: kind, path: bytes.path, offset: bytes.fileOffset))
  }
}
