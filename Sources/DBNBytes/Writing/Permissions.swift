import DBNPlatform

/// The permissions of a new file: weights that others could not read stay unread.
///
/// A group and the others get none if they can't read every input. That they could write an input is
/// no reason that they may write the output: that is for the umask, as for every new file.
package struct Permissions: Sendable {
  /// Before the user's umask.
  private(set) var mode: mode_t = 0o666

  /// Those of a file that is made of no other file.
  package init() {}

  /// Takes from the new file what the input does not allow.
  ///
  /// - Parameter input: a file or a folder that is read; one that is not there changes nothing.
  package mutating func limit(to input: String) {
    var status = stat()
    guard stat(input, &status) == 0 else { return }
    for (readable, all) in [(mode_t(0o040), mode_t(0o060)), (0o004, 0o006)]
    where status.st_mode & readable == 0 { mode &= ~all }
  }
}
