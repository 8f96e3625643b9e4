import DBNPlatform

/// What killed processes have left in a folder.
package enum Leftovers {
  /// How the hidden names begin. A number of 16 digits follows, and for temporary names another.
  static let prefix = ".dbn-convert-"

  /// The longest record that is read: one of 65,536 files with long names.
  private static let recordByteLimit = 64 << 20

  /// Undoes unfinished changes of names in the output's folder, and removes temporary files there,
  /// unless the process that made them still runs.
  ///
  /// To be called before anything is read, since a file can get its old content back. What can't be
  /// cleared stays.
  package static func clear(besides path: String) {
    let folder = OutputLocation(path, .refuse).folder
    var names: [String: [String]] = [:]
    for name in entries(of: folder) {
      guard let record = record(of: name) else { continue }
      names[record, default: []].append(name)
    }
    for (record, names) in names { clear("\(folder)/\(record)", names.map { "\(folder)/\($0)" }) }
  }

  /// The name of the record that a hidden name belongs to; nil for names of other programs.
  private static func record(of name: String) -> String? {
    guard name.hasPrefix(prefix) else { return nil }
    let parts = name.dropFirst(prefix.count)
      .split(separator: "-", omittingEmptySubsequences: false)
    guard parts[0].utf8.count == 16, UInt64(parts[0], radix: 16) != nil, parts.count <= 2,
      parts.count == 1 || Int(parts[1]) != nil
    else { return nil }
    return prefix + parts[0]
  }

  private static func clear(_ record: String, _ names: [String]) {
    let descriptor = open(record, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      // Its process made it before the others, and removed it after them.
      if errno == ENOENT { for name in names { unlink(name) } }
      return
    }
    defer { close(descriptor) }
    var status = stat()
    // Another user's record could name files of this one.
    guard FileLock(descriptor) == .own, fstat(descriptor, &status) == 0,
      status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid()
    else { return }
    let text = ChangeText(parsing: bytes(of: descriptor, status), of: record, FileIdentity(status))
    for change in (text?.changes ?? []).reversed() where !change.undo() { return }
    for name in names where name != record { unlink(name) }
    unlink(record)
  }

  private static func bytes(of descriptor: Int32, _ status: stat) -> [UInt8] {
    let size = min(Int(status.st_size), recordByteLimit)
    return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      count = max(0, pread(descriptor, buffer.baseAddress, size, 0))
    }
  }

  private static func entries(of folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
        name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasPrefix(prefix) { names.append(name) }
    }
    return names
  }
}
