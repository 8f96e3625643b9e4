import DBNTensors
import DBNTestSupport
import Testing

/// What reading a file may cost grows with its bytes.
struct BudgetTests {
  /// A list that holds itself twice, as often as `depth` says.
  private func doubled(_ depth: Int) -> CheckpointValue {
    (0..<depth).reduce(CheckpointValue.list([])) { value, _ in .list([value, value]) }
  }

  private func error(
    _ value: CheckpointValue, byteCount: Int, factor: Int = 1
  ) -> CheckpointError? {
    do throws(CheckpointError) {
      try Budget(byteCount: byteCount, factor: factor).charge(value)
      return nil
    } catch {
      return error
    }
  }

  @Test func aSharedValueCountsWhereverItIsUsed() {
    let error = error(doubled(20), byteCount: 800)
    #expect(error?.code == .limitExceeded && error?.reason.contains("100000 values") == true)
    #expect(error?.advice?.choices == [.raisingLimits])
    #expect(self.error(doubled(15), byteCount: 800) == nil)
  }

  @Test func aLargerFileAndARaisedLimitAllowMore() {
    #expect(error(doubled(17), byteCount: 200_000) != nil)
    #expect(error(doubled(17), byteCount: 300_000) == nil)
    #expect(error(doubled(20), byteCount: 800, factor: 30) == nil)
    // No file is so large that its values may fill the memory.
    #expect(error(doubled(24), byteCount: .max) != nil)
  }

  @Test func aNameCountsForEachValueUnderIt() {
    var inner = CheckpointDictionary()
    for number in 0..<2000 { inner.set(.string("t\(number)"), to: .int(1)) }
    var root = CheckpointDictionary()
    root.set(.string(String(repeating: "L", count: 1 << 20)), to: .dictionary(inner))
    let error = error(.dictionary(root), byteCount: 1 << 20)
    #expect(error?.code == .limitExceeded && error?.reason.contains("names and texts") == true)
  }

  @Test func aTextCountsWhereverItIsUsed() {
    let text = CheckpointValue.string(String(repeating: "t", count: 1 << 20))
    #expect(error(.list(Array(repeating: text, count: 17)), byteCount: 1 << 20) != nil)
    #expect(error(.list(Array(repeating: text, count: 15)), byteCount: 1 << 20) == nil)
  }

  @Test func partsOfOpaqueValuesCount() {
    let opaque = CheckpointValue.opaque(
      OpaqueValue("a.B", state: doubled(20), entries: [(.int(1), doubled(10))]))
    #expect(error(opaque, byteCount: 1000) != nil)
  }

  @Test func filesOfOneCheckpointAddUp() throws {
    let budget = Budget(byteCount: 0)
    try budget.whileReading { () throws(CheckpointError) in Budget.addFile(300_000) }
    #expect(budget.left(for: .values) == 300_000)
    try budget.spend(1000, on: .values)
    #expect(budget.left(for: .values) == 299_000)
    #expect(throws: CheckpointError.self) { try budget.spend(.max, on: .values) }
  }

  @Test func longTextsAreCutBeforeTheyAreLookedAt() {
    let long = String(repeating: "a", count: 1 << 20) + "z\u{1B}"
    let shown = long.visible(limit: 10)
    #expect(shown.hasPrefix("aaaaa…") && shown.count <= 11 && !shown.contains("\u{1B}"))
    // One letter with very many accents is one character.
    let accents = "e" + String(repeating: "\u{301}", count: 1 << 20)
    #expect(accents.visible(limit: 100).utf8.count < 1000)
    let error = CheckpointError(.invalidJSON, String(repeating: "r", count: 1 << 20))
    #expect(error.description.count < 3000)
  }
}
