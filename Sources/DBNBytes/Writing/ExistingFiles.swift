import DBNPlatform

/// What happens to an existing file that has the name of an output, and who may read a new one.
public struct ExistingFiles: Sendable {
  /// It stays as it is: writing throws `fileExists`.
  public static let refuse = ExistingFiles()
  /// It is replaced atomically when the new file is complete.
  public static let replace = ExistingFiles(replacesOthers: true)

  /// The input files, each with the name under which it was given.
  private var inputs: [FileIdentity: String]
  private var heldFiles: [HeldFile]
  private var replacesInputs: Bool
  private var replacesOthers: Bool
  /// Whether no file may have come since `onlyWhatIsThere` or `nothing` was called.
  private var isSettled = false
  /// The permissions of a file that replaces none, before the user's umask.
  let newFilePermissions: mode_t

  /// A rule that distinguishes input files, which are replaced only on request, from all others.
  ///
  /// - Parameters:
  ///   - heldFiles: the inputs that will be replaced.
  ///   - newFilePermissions: see `Permissions`.
  package init(
    inputs: [FileIdentity: String] = [:], heldFiles: [HeldFile] = [], replacesInputs: Bool = false,
    replacesOthers: Bool = false, newFilePermissions: Permissions = Permissions()
  ) {
    self.newFilePermissions = newFilePermissions.mode
    self.inputs = inputs
    self.heldFiles = heldFiles
    self.replacesInputs = replacesInputs
    self.replacesOthers = replacesOthers
  }

  /// The rule for a path at which only the file that is there now may be replaced, which the caller
  /// has checked, or none: for files that are one whole, such as an index and its shards. A file that
  /// another process gives the name meanwhile is part of another whole.
  package func onlyWhatIsThere(at path: String) -> ExistingFiles {
    var result = nothing
    result.inputs = FileIdentity(path).map { [$0: path] } ?? [:]
    result.heldFiles = [HeldFile(path)].compactMap(\.self)
    return result
  }

  /// The rule for names that were free.
  package var nothing: ExistingFiles {
    var result = self
    (result.inputs, result.heldFiles) = ([:], [])
    (result.replacesInputs, result.replacesOthers, result.isSettled) = (true, false, true)
    return result
  }

  /// Checks whether a file can currently be written under this name.
  ///
  /// - Throws: `fileExists`, `outputIsInput`; `notARegularFile` for a folder, a pipe or a device;
  ///   `readOnly`.
  package func check(_ path: String) throws(CheckpointError) {
    try OutputLocation(path, self).check()
  }

  /// - Parameter status: the status of what has the name `path`, symbolic links not followed.
  func check(_ status: stat, named path: String) throws(CheckpointError) {
    let kind = status.st_mode & S_IFMT
    // A symbolic link here is dangling, or was just created.
    guard kind == S_IFREG || kind == S_IFLNK else {
      throw kind == S_IFDIR
        ? CheckpointError(.notARegularFile, path: path, "is a folder", advice: "name a file in it")
        : CheckpointError(
          .notARegularFile, path: path, "is not a regular file", advice: "name a file to write")
    }
    if let input = inputs[FileIdentity(status)] {
      guard !replacesInputs else { return }
      throw CheckpointError(
        .outputIsInput, path: path,
        "is a file that the command reads" + (input == path ? "" : ", under the name '\(input)'"),
        advice: "choose another name for the output, or \(.replacingInputs)")
    }
    guard !replacesOthers else { return }
    guard !isSettled else {
      throw CheckpointError(
        .fileExists, path: path, "another process has written this file meanwhile",
        advice: "run one command after the other")
    }
    throw CheckpointError(
      .fileExists, path: path,
      kind == S_IFLNK
        ? "there is already a symbolic link with this name, to a file that does not exist"
        : "there is already a file with this name",
      advice: "choose another name, or \(.replacingFiles)")
  }
}

extension CheckpointError.Code {
  /// A file has the name of an output, and must not be replaced.
  public static let fileExists = Self("file-exists")
  /// An output is one of the inputs, perhaps under another name.
  public static let outputIsInput = Self("output-is-input")
}
