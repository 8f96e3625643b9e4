import DBNConvert
import Glibc

/// The input of the fuzzer as a file in memory, which has no name.
struct InputFile {
  private static let descriptor: CInt = {
    var template = Array("/dev/shm/fuzz-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    unlink(&template)
    return descriptor
  }()

  /// Its name as long as the process runs.
  let path = "/proc/self/fd/\(Self.descriptor)"
  private var bytes: [UInt8]

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = Array(bytes)
    write()
  }

  private func write() {
    let count =
      ftruncate(Self.descriptor, 0) == 0
      ? pwrite(Self.descriptor, bytes, bytes.count, 0) : -1
    precondition(count == bytes.count, "the file in memory could not be written")
  }

  /// Opens the file. A wrong checksum is replaced by the right one, since behind it is most of what
  /// is to be tested, and a random change hits it almost never.
  mutating func openMendingChecksums() -> Checkpoint? {
    for _ in 0..<50 {
      do throws(CheckpointError) {
        return try Checkpoint.open(path)
      } catch {
        guard error.code == .checksumMismatch, mend(error) else { return nil }
        write()
      }
    }
    return nil
  }

  /// Replaces the checksum that the file has, wherever it is, by that of the bytes. The error names
  /// both, as eight digits each.
  ///
  /// - Returns: whether it was found.
  private mutating func mend(_ error: CheckpointError) -> Bool {
    let sums = error.reason.split { !$0.isHexDigit }.filter { $0.count == 8 }
      .compactMap { UInt32($0, radix: 16) }.map(littleEndian)
    guard sums.count == 2 else { return false }
    let stored = bytes.contains(sums[0]) ? 0 : 1
    let before = bytes
    bytes = bytes.replacing(sums[stored], with: sums[1 - stored])
    return bytes != before
  }

  private func littleEndian(_ number: UInt32) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }
}
