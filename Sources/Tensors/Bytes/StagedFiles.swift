import Glibc

/// Files that appear under their names all together, or none of them.
///
/// Each is complete and synced under a temporary name when it is added. `commit` puts one after the
/// other in its place and takes all back if that fails for one. Only a process that is killed in
/// between leaves temporary files, or some of the new files.
package struct StagedFiles: ~Copyable {
  private var staged: [(target: String, name: String)] = []

  package init() {}

  deinit {
    for (_, name) in staged { unlink(name) }
  }

  /// A finished file in the target's folder, which is taken over under its temporary name.
  package mutating func add(_ path: String, as target: String) {
    staged.append((target, path))
  }

  package mutating func add(_ file: consuming AtomicFile) throws(CheckpointError) {
    let target = file.target
    staged.append((target, try file.stage()))
  }

  /// - Parameter old: a file that these take the place of, removed if it is there.
  package consuming func commit(removing old: String? = nil) throws(CheckpointError) {
    var replaced: [Replacement] = []
    do throws(CheckpointError) {
      for (target, name) in staged {
        replaced.append(try Replacement(of: target))
        _ = try systemCall("cannot write", path: target) { rename(name, target) }
      }
      if let old { replaced.append(try Replacement(of: old)) }
    } catch {
      for replacement in replaced.reversed() { replacement.undo() }
      throw error
    }
    for replacement in replaced { replacement.forget() }
  }
}

/// A file that is put aside while others take its place.
private struct Replacement {
  private let target: String
  /// Where the old file is meanwhile, if there was one.
  private let backup: String?

  init(of target: String) throws(CheckpointError) {
    self.target = target
    var status = stat()
    guard lstat(target, &status) == 0 else {
      backup = nil
      return
    }
    guard [S_IFREG, S_IFLNK].contains(status.st_mode & S_IFMT) else {
      throw CheckpointError(
        .notARegularFile, path: target, "is not a regular file", advice: "name a file to write")
    }
    let backup = target + ".old-\(UInt32.random(in: 0...UInt32.max).hexadecimal)"
    _ = try systemCall("cannot write", path: target) { rename(target, backup) }
    self.backup = backup
  }

  func undo() {
    if let backup { rename(backup, target) } else { unlink(target) }
  }

  func forget() {
    if let backup { unlink(backup) }
  }
}
