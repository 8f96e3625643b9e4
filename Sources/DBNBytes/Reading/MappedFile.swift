import DBNPlatform
import Synchronization

/// A regular file mapped for reading; owns the memory of the regions of its bytes.
///
/// As with every mapped file, this process is killed (SIGBUS) if another truncates the file while
/// it is read; replacing a file by renaming, as this toolkit does, is safe.
package final class MappedFile {
  let path: String
  private let pointer: UnsafeRawBufferPointer
  /// The number of bytes used since the pages were last released.
  private let used = Atomic<Int>(0)
  /// The end of the part that was used last.
  private let lastEnd = Atomic<Int>(0)

  /// Opens and maps the file at `path`.
  ///
  /// - Throws: `system` if it can't be opened, `notARegularFile` for folders, pipes and devices.
  package static func open(_ path: String) throws(CheckpointError) -> ByteRegion {
    FileEvent.report(.opened, path: path)
    // O_NONBLOCK: opening a pipe that nobody writes to must not hang.
    let descriptor = try systemCall("cannot open", path: path) {
      DBNPlatform.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    }
    defer { close(descriptor) }
    return try map(descriptor, path: path)
  }

  /// Maps an open file, which can be closed afterwards.
  ///
  /// - Parameter path: the path for errors.
  static func map(_ descriptor: Int32, path: String) throws(CheckpointError) -> ByteRegion {
    let size = try regularFileSize(of: descriptor, path: path)
    guard size > 0 else { return ByteRegion([]) }
    guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED
    else {
      throw CheckpointError(
        .system, path: path, "cannot map: \(String(cString: strerror(errno)).lowercased())")
    }
    FileEvent.report(.mapped, path: path)
    let file = MappedFile(path, UnsafeRawBufferPointer(start: start, count: size))
    return ByteRegion(owner: file, pointer: file.pointer)
  }

  private init(_ path: String, _ pointer: UnsafeRawBufferPointer) {
    self.path = path
    self.pointer = pointer
  }

  deinit {
    munmap(UnsafeMutableRawPointer(mutating: pointer.baseAddress), pointer.count)
  }

  /// The most used bytes that may stay in this process's memory.
  private static let mostUsed = 4 << 20
  /// How much the kernel may load with one byte that is read: its largest unit of memory (a folio).
  private static let mappedAround = 2 << 20

  /// Counts a part as used, including its surroundings unless the previous part was near.
  func release(_ part: UnsafeRawBufferPointer) {
    guard let base = pointer.baseAddress, let address = part.baseAddress else { return }
    let start = address - base
    let previous = lastEnd.exchange(start + part.count, ordering: .relaxed)
    let isNear = (start - previous).magnitude < Self.mappedAround
    release(part.count + (isNear ? max(0, start - previous) : Self.mappedAround))
  }

  /// Counts bytes as used; once they reach a limit, drops all pages from this process's memory.
  ///
  /// All pages, not only those used: parts share pages, and loading one loads others, so some of
  /// nearly every part would stay. Pages that are still needed are loaded again when read.
  func release(_ byteCount: Int) {
    let total = used.add(byteCount, ordering: .relaxed).newValue
    if total >= Self.mostUsed { releaseAll() }
  }

  /// Drops all pages from this process's memory.
  func releaseAll() {
    used.store(0, ordering: .relaxed)
    madvise(UnsafeMutableRawPointer(mutating: pointer.baseAddress), pointer.count, MADV_DONTNEED)
  }
}

private func regularFileSize(of descriptor: Int32, path: String) throws(CheckpointError) -> Int {
  var status = stat()
  _ = try systemCall("cannot examine", path: path) { fstat(descriptor, &status) }
  switch status.st_mode & S_IFMT {
  case S_IFREG: return Int(status.st_size)
  case S_IFDIR:
    throw CheckpointError(
      .notARegularFile, path: path, "is a folder", advice: "name the file inside it")
  default:
    throw CheckpointError(
      .notARegularFile, path: path, "is a pipe or a device",
      advice: "save it to a file first: reading a checkpoint needs random access")
  }
}
