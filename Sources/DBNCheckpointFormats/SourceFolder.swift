import DBNPlatform
public import DBNTensors

/// A folder that a checkpoint is read from, or that contains the other files of one.
public final class SourceFolder {
  /// The prefix of its files' paths: the folder's path with a slash; empty for the current folder.
  public let prefix: String
  private var files: [String: SourceFile] = [:]

  /// The folder at a path; nothing is read yet.
  public init(_ path: String) {
    prefix = path + "/"
  }

  /// Whether there is a folder of this path.
  public static func exists(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The folder of the file at a path.
  package init(ofFile path: String) {
    let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
    prefix = String(path[..<(slash.map { path.utf8.index(after: $0) } ?? path.startIndex)])
  }

  /// The file of this name, opened and mapped once.
  ///
  /// - Parameter name: must be checked by the caller if it comes from a file: with slashes it could
  ///   lead out of the folder.
  /// - Throws: `system`, `notARegularFile`.
  public func file(_ name: String) throws(CheckpointError) -> SourceFile {
    if let known = files[name] { return known }
    let file = try SourceFile(prefix + name)
    files[name] = file
    return file
  }

  /// The sorted names of the folder's entries; none if it is not a folder.
  ///
  /// - Throws: `system`.
  public func names() throws(CheckpointError) -> [String] {
    let path = prefix.isEmpty ? "." : String(prefix.dropLast())
    guard let folder = opendir(path) else {
      if errno == ENOTDIR { return [] }
      throw CheckpointError(
        .system, path: path, "cannot open: \(String(cString: strerror(errno)).lowercased())")
    }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) { name in
          name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
