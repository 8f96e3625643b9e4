/// The text of a record of changes: fields that end with a zero byte.
///
/// The folder can be anybody's, so the text is believed only if it was written in this very file:
/// the first field after the version is the number of its inode, which no archive and no copy can
/// know. All names are names in the record's folder.
struct ChangeText {
  private(set) var changes: [NameChange]
  private let folder: String
  private let inode: UInt64

  private static let version = "dbn-convert 1"
  /// The last field: without it, the text was never finished, and no change was made.
  private static let end = "end"
  private static let noFile = "-"
  private static let free = "free"
  private static let taken = "taken"

  init(_ changes: [NameChange], in folder: String, inode: UInt64) {
    self.changes = changes
    self.folder = folder
    self.inode = inode
  }

  var bytes: [UInt8] {
    var fields = [Self.version, "\(inode)"]
    for change in changes {
      fields.append(change.newFile.map { "\($0.inode)" } ?? Self.noFile)
      fields.append(change.isFree ? Self.free : Self.taken)
      fields += [change.target, change.temporary, change.backup].map {
        String($0.dropFirst(folder.count + 1))
      }
    }
    return (fields + [Self.end]).flatMap { Array($0.utf8) + [0] }
  }

  /// - Parameters:
  ///   - record: the path of the file.
  ///   - identity: that of the file.
  /// - Returns: nil if it is not a complete text of this file.
  init?(parsing bytes: [UInt8], of record: String, _ identity: FileIdentity) {
    guard bytes.last == 0, let slash = record.lastIndex(of: "/") else { return nil }
    let fields = bytes.dropLast().split(separator: 0, omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    guard fields.count >= 3, fields.count % 5 == 3, fields[0] == Self.version,
      fields[1] == "\(identity.inode)", fields.last == Self.end
    else { return nil }
    folder = String(record[..<slash])
    inode = identity.inode
    changes = []
    let own = record[record.index(after: slash)...] + "-"
    for start in stride(from: 2, to: fields.count - 1, by: 5) {
      let names = fields[start + 2...start + 4]
      guard !names.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." || $0.contains("/") }),
        names.dropFirst().allSatisfy({ $0.hasPrefix(own) })
      else { return nil }
      let paths = names.map { "\(folder)/\($0)" }
      changes.append(
        NameChange(
          target: paths[0],
          newFile: UInt64(fields[start]).map { FileIdentity(inode: $0, onDeviceOf: identity) },
          temporary: paths[1], backup: paths[2], isFree: fields[start + 1] == Self.free))
    }
  }
}
