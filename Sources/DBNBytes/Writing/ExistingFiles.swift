import DBNPlatform

/// What happens to an existing file that has the name of an output.
public struct ExistingFiles: Sendable {
  /// It stays as it is: writing throws `fileExists`.
  public static let refuse = ExistingFiles()
  /// It is replaced atomically when the new file is complete.
  public static let replace = ExistingFiles(replacesOthers: true)

  /// The input files, each with the name under which it was given.
  private let inputs: [FileIdentity: String]
  private let heldFiles: [HeldFile]
  private let replacesInputs: Bool
  private let replacesOthers: Bool

  /// A rule that distinguishes input files, which are replaced only on request, from all others.
  ///
  /// - Parameter heldFiles: the inputs that will be replaced.
  package init(
    inputs: [FileIdentity: String] = [:], heldFiles: [HeldFile] = [], replacesInputs: Bool = false,
    replacesOthers: Bool = false
  ) {
    self.inputs = inputs
    self.heldFiles = heldFiles
    self.replacesInputs = replacesInputs
    self.replacesOthers = replacesOthers
  }

  /// Checks whether a file can currently be written under this name.
  ///
  /// - Throws: `fileExists`, `outputIsInput`; `notARegularFile` for a folder, a pipe or a device.
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
