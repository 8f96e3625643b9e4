import DBNTensors

/// The frame that an operation of a pickle is in: FRAME announces bytes that are read at once.
///
/// No pickler writes an operation across the end of a frame, or a frame inside another. Python's
/// unpickler in C then drops bytes if it reads from a file, and so runs other operations than those
/// that the bytes are for everyone else; the one in Python refuses both. Source: CPython's
/// `Lib/pickle.py` (`_Unframer`), `Modules/_pickle.c` (`_Unpickler_ReadFromFile`).
struct PickleFrame {
  /// The position of its end.
  private var end = 0

  /// The opcode and the count of bytes.
  private static let headerSize = 9

  /// FRAME, whose count of bytes ends at `position`.
  mutating func begin(_ count: Int, at position: Int) throws(CheckpointError) {
    guard position - Self.headerSize >= end else { throw Self.error }
    end = position.addingReportingOverflow(count).overflow ? .max : position + count
  }

  /// Checks an operation, with its argument.
  func check(from start: Int, to position: Int) throws(CheckpointError) {
    guard start >= end || position <= end else { throw Self.error }
  }

  private static let error = CheckpointError(
    .pickleFrame, "the operation goes beyond its frame, so that Python reads others",
    advice: "the file is damaged or malicious; get it again")
}
