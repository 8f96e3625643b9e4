import DBNPlatform
import DBNTensors

/// A copy of this process, for work that may crash.
enum ForkedProcess {
  /// Swift hides `fork`, because a copy has only one of the threads; here there is only one.
  private static let fork = dlsym(nil, "fork").map {
    unsafeBitCast($0, to: (@convention(c) () -> pid_t).self)
  }

  /// Runs `body` in a copy of the process, for at most ten seconds.
  ///
  /// - Returns: what it returns; 128 and more for the signal that ended it.
  static func status(_ body: () -> Int32) throws(CheckpointError) -> Int32 {
    // What is printed and still in memory would be printed by both.
    fflush(nil)
    guard let child = fork?(), child >= 0 else {
      throw CheckpointError(.system, "the process could not be copied")
    }
    if child == 0 {
      // The fuzzer's own handlers would report a crash as one of its target.
      for signal in [SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGTRAP, SIGALRM] {
        DBNPlatform.signal(signal, SIG_DFL)
      }
      alarm(10)
      let status = body()
      fflush(nil)
      _exit(status)
    }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + status & 0x7F
  }
}
