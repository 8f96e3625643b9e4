internal import DBNCHDF5
import DBNPlatform
internal import DBNTensors
import Synchronization

/// Access to libhdf5, which writes files. Everything in this folder runs inside `Library.run`;
/// nothing outside calls the library.
enum Library {
  /// Whether the library was set up. The lock is needed because libhdf5 is usually built without
  /// thread safety.
  private static let isSetUp = Mutex(false)

  /// Calls `body` while no other thread uses the library. Handles must not escape from it.
  static func run<Value: Sendable>(
    _ body: () throws(CheckpointError) -> Value
  ) throws(CheckpointError) -> Value {
    try isSetUp.withLock { isSetUp throws(CheckpointError) in
      if !isSetUp {
        // Before the first call, because at exit the library may hang on files it failed to close.
        H5dont_atexit()
        try check("cannot start", H5open())
        // A file must not make the library load filters or drivers.
        try check("cannot switch plugins off", H5PLset_loading_state(0))
        isSetUp = true
      }
      // Printing errors is a per-thread setting.
      H5Eset_auto2(errorStack, nil, nil)
      defer {
        H5garbage_collect()
        FreedMemory.release()
      }
      // Otherwise a stale error number on this thread would be reported.
      errno = 0
      return try body()
    }
  }

  /// H5E_DEFAULT and H5P_DEFAULT, which are casts that Swift does not import.
  static let errorStack: hid_t = 0
  static let defaults: hid_t = 0
  /// H5I_INVALID_HID.
  static let none: hid_t = -1
}

/// Converts libhdf5's convention (a negative result and an error stack) to a thrown error; the
/// stack is read and cleared on the failing thread.
@discardableResult
func check<Result: SignedInteger>(
  _ purpose: String, name: String? = nil, _ result: Result
) throws(CheckpointError) -> Result {
  guard result < 0 else { return result }
  let disk = diskProblem()
  var reason = ""
  withUnsafeMutablePointer(to: &reason) { reason in
    _ = H5Ewalk2(Library.errorStack, H5E_WALK_UPWARD, keepDeepestReason, reason)
  }
  H5Eclear2(Library.errorStack)
  if let disk { throw CheckpointError(.system, name: name, "\(purpose): \(disk)") }
  throw CheckpointError(
    .hdf5Library, name: name, "\(purpose): \(reason.isEmpty ? "no reason given" : reason)")
}

/// The operating system's error, if the disk is full: libhdf5 only reports that a file could not be
/// closed.
private func diskProblem() -> String? {
  let number = errno
  guard [ENOSPC, EFBIG, EDQUOT, EIO].contains(number) else { return nil }
  return String(cString: strerror(number)).lowercased()
}

/// Called from the innermost error outwards: keeps the first description.
private func keepDeepestReason(
  _ depth: UInt32, _ error: UnsafePointer<H5E_error2_t>?, _ reason: UnsafeMutableRawPointer?
) -> herr_t {
  guard let text = error?.pointee.desc, let reason, depth == 0 else { return 0 }
  reason.assumingMemoryBound(to: String.self).pointee = String(cString: text)
  return 0
}
