import DBNTestSupport
import Testing

@testable import dbn_convert

/// What a progress bar shows, on terminals of every width.
struct ProgressLineTests {
  private func line(done: Int, of total: Int, after seconds: Double) -> ProgressLine {
    ProgressLine(
      title: "writing model.h5", done: done, total: total, seconds: seconds, unit: .bytes)
  }

  @Test func itSaysHowMuchHowFastAndHowLong() {
    let half = line(done: 1 << 30, of: 1 << 31, after: 4)
    let bar = String(repeating: "#", count: 12) + String(repeating: ".", count: 12)
    #expect(
      half.text(columns: 92)
        == "writing model.h5 [\(bar)] 50 %, 1.0 GiB of 2.0 GiB, 256.0 MiB/s, 4 s left")
    #expect(line(done: 1, of: 7200, after: 1).text(columns: 120).hasSuffix("1 h 59 min left"))
    #expect(line(done: 1, of: 91, after: 1).text(columns: 120).hasSuffix("1 min left"))
  }

  @Test func itFitsEveryTerminal() {
    for columns in 1...200 {
      for done in [0, 1, 1000, 4321] {
        let text = line(done: done, of: 4321, after: 1.5).text(columns: columns)
        #expect(text.count < max(2, columns), "\(columns): \(text)")
        #expect(columns < 8 || text.contains(" %"), "\(columns): \(text)")
      }
    }
  }

  @Test func noWorkIsDone() {
    #expect(line(done: 0, of: 0, after: 0).text(columns: 80).contains("100 %"))
  }

  /// Tests have no terminal: a file gets no colours and no bar.
  @Test func nothingThatOnlyATerminalUnderstandsGoesIntoAFile() throws {
    let failed = try Command("info", "no-such-file.pth")
    #expect(failed.error.hasPrefix("dbn-convert: error:") && !failed.error.contains("\u{1B}"))
  }
}
