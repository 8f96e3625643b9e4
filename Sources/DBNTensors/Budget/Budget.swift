import Synchronization

/// What reading a file may still cost: an allowance for each kind of cost, which grows with the bytes
/// of the file and of the other files of the checkpoint.
///
/// All readers spend from the budget of the file that is being read, and the tree of values that a
/// reader returns is charged to it too. So whatever a command then does with the values costs no more
/// than a multiple of the file's bytes.
package final class Budget: Sendable {
  private struct State {
    var byteCount: Int
    var spent = Array(repeating: 0, count: ReadingCost.allCases.count)
  }

  private let state: Mutex<State>
  private let factor: Int

  /// The budget of the file that is being read.
  @TaskLocal private static var ofFile: Budget?

  /// - Parameter factor: how many times the usual allowance a file has.
  package init(byteCount: Int, factor: Int = 1) {
    state = Mutex(State(byteCount: byteCount))
    self.factor = max(1, factor)
  }

  /// The budget of the file that is being read; for bytes that are read by themselves, one of their
  /// size.
  package static func current(for bytes: ByteRegion) -> Budget {
    ofFile ?? Budget(byteCount: bytes.count)
  }

  /// Adds the bytes of another file of the checkpoint that is being read, if there is one.
  package static func addFile(_ byteCount: Int) {
    ofFile?.state.withLock { $0.byteCount = saturatingSum($0.byteCount, byteCount) }
  }

  /// Runs `body` with this budget for all that it reads.
  package func whileReading<Value>(
    _ body: () throws(CheckpointError) -> Value
  ) throws(CheckpointError) -> Value {
    let result = Self.$ofFile.withValue(self) {
      Result { () throws(CheckpointError) in try body() }
    }
    return try result.get()
  }

  /// How much is left for a kind of cost.
  package func left(for cost: ReadingCost) -> Int {
    state.withLock { state in limit(of: cost, state) - state.spent[cost.rawValue] }
  }

  /// - Throws: `limitExceeded` if there is not so much left.
  package func spend(_ amount: Int, on cost: ReadingCost) throws(CheckpointError) {
    let isCovered = state.withLock { state -> Bool in
      let spent = saturatingSum(state.spent[cost.rawValue], amount)
      state.spent[cost.rawValue] = spent
      return spent <= limit(of: cost, state)
    }
    guard isCovered else { throw error(cost) }
  }

  /// The error for a file that costs more than is left.
  package func error(_ cost: ReadingCost) -> CheckpointError {
    let (most, byteCount) = state.withLock { state -> (Int, Int) in
      (limit(of: cost, state), state.byteCount)
    }
    return CheckpointError(
      .limitExceeded,
      "\(cost.excess(over: most)): more than \(byteCount) bytes of file justify",
      advice: "the file is damaged or made to take memory and time; if you trust it, "
        + "\(.raisingLimits)")
  }

  private func limit(of cost: ReadingCost, _ state: State) -> Int {
    let usual = max(cost.least, saturatingProduct(cost.perByte, state.byteCount))
    return saturatingProduct(factor, min(usual, cost.most))
  }
}

private func saturatingSum(_ first: Int, _ second: Int) -> Int {
  let (sum, overflow) = first.addingReportingOverflow(second)
  return overflow ? .max : sum
}

private func saturatingProduct(_ first: Int, _ second: Int) -> Int {
  let (product, overflow) = first.multipliedReportingOverflow(by: second)
  return overflow ? .max : product
}
