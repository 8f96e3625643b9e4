import DBNPlatform

/// A hidden file in a folder that says which change of names this process makes there.
///
/// It is locked as long as the process lives, so a record that nobody has locked is a killed
/// process's: the next writer undoes its changes and removes the temporary names (`Leftovers`). It
/// is made before the first temporary name and removed after the last, so that a temporary name
/// without a record belongs to nobody.
final class ChangeRecord {
  /// The path of the file. Temporary names are this path with a number.
  let path: String
  private let folder: String
  private let descriptor: Int32
  /// Where signals that end the process find the names.
  private let watchedPlace: Int32
  private var nameCount = 0
  private var changes: [NameChange] = []
  /// Whether the files stay, so that the next writer undoes what this one could not.
  private var isLeft = false

  init(for location: OutputLocation) throws(CheckpointError) {
    folder = location.folder
    (path, descriptor) = try Self.create(for: location)
    watchedPlace = dbn_watch_names(path)
  }

  private static func create(
    for location: OutputLocation
  ) throws(CheckpointError) -> (path: String, descriptor: Int32) {
    while true {
      let path =
        "\(location.folder)/\(Leftovers.prefix)\(UInt64.random(in: 0...(.max)).hexadecimal)"
      let descriptor = try systemCall("cannot create", path: location.path) {
        open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
      }
      // A writer that clears leftovers can come between the two calls, and removes the file.
      let lock = FileLock(descriptor)
      if lock == .own || lock == .unsupported { return (path, descriptor) }
      close(descriptor)
    }
  }

  deinit {
    if !isLeft {
      for number in 0..<nameCount { unlink(name(number)) }
      unlink(path)
    }
    dbn_forget_names(watchedPlace)
    close(descriptor)
  }

  /// A new temporary name in the folder.
  func makeName() -> String {
    nameCount += 1
    dbn_set_watched_count(watchedPlace, Int32(nameCount))
    return name(nameCount - 1)
  }

  private func name(_ number: Int) -> String { "\(path)-\(number)" }

  func add(_ change: NameChange) { changes.append(change) }

  /// Writes the changes down before the first of them is made.
  func write(at location: OutputLocation) throws(CheckpointError) {
    var status = stat()
    _ = try systemCall("cannot write", path: location.path) { fstat(descriptor, &status) }
    let text = ChangeText(changes, in: folder, inode: UInt64(status.st_ino)).bytes
    var done = 0
    while done < text.count {
      done += try systemCall("cannot write", path: location.path) {
        text[done...].withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(done)) }
      }
    }
    // One file's change needs no order with another's on the disk.
    guard changes.count > 1 else { return }
    _ = try systemCall("cannot write", path: location.path) { fsync(descriptor) }
  }

  /// Makes the changes final: from now on nobody undoes them.
  func clear(at location: OutputLocation) throws(CheckpointError) {
    _ = try systemCall("cannot write", path: location.path) { ftruncate(descriptor, 0) }
  }

  /// Leaves the file and all temporary names to the next writer.
  func leave() {
    dbn_set_watched_count(watchedPlace, 0)
    isLeft = true
  }
}

/// The records of a change that is made together: one for each folder.
final class ChangeRecords {
  private var records: [String: ChangeRecord] = [:]

  /// The record in the location's folder, which is made when it is first needed.
  func record(for location: OutputLocation) throws(CheckpointError) -> ChangeRecord {
    if let known = records[location.folder] { return known }
    let record = try ChangeRecord(for: location)
    records[location.folder] = record
    return record
  }
}

extension UInt64 {
  /// Sixteen lower-case hexadecimal digits.
  fileprivate var hexadecimal: String {
    UInt32(truncatingIfNeeded: self >> 32).hexadecimal
      + UInt32(truncatingIfNeeded: self).hexadecimal
  }
}
