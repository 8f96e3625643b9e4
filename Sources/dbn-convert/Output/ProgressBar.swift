import DBNPlatform
import DBNTensors
import Synchronization

/// A progress bar on standard error, for work of more than a second, and only on a terminal.
final class ProgressBar: Sendable {
  /// The unit of the work.
  enum Unit {
    case bytes
    case samples
    case jobs
  }

  private let title: String
  private let total: Int
  private let unit: Unit
  private let start = ContinuousClock.now
  private let isShown: Bool
  private let state = Mutex(State())

  private struct State {
    var done = 0
    var shownAt: ContinuousClock.Instant?
  }

  /// - Parameter total: the amount of work; 0 if it is not known, and then nothing is shown.
  init(_ title: String, total: Int, unit: Unit = .bytes) {
    self.title = title
    self.total = total
    self.unit = unit
    isShown = total > 0 && Terminal.isThere && !Assignment.current.isOneOfMany
  }

  func advance(by count: Int) {
    state.withLock { state in
      state.done += count
      guard isShown, isDue(state) else { return }
      state.shownAt = .now
      show(state.done)
    }
  }

  /// Clears the line.
  func finish() {
    state.withLock { state in
      guard state.shownAt != nil else { return }
      state.shownAt = nil
      put("\r\u{1B}[K")
    }
  }

  private func isDue(_ state: State) -> Bool {
    guard let shownAt = state.shownAt else { return start.duration(to: .now) > .seconds(1) }
    return shownAt.duration(to: .now) > .milliseconds(100)
  }

  private func show(_ done: Int) {
    let line = ProgressLine(
      title: title, done: done, total: total, seconds: start.duration(to: .now) / .seconds(1),
      unit: unit)
    put("\r\(line.text(columns: Terminal.columns))\u{1B}[K")
  }

  private func put(_ text: String) {
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
