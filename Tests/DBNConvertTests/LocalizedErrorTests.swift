import DBNConvert
import Foundation
import Testing

struct LocalizedErrorTests {
  private let error = CheckpointError(
    .fileExists, path: "a.h5", name: "fc.weight", offset: 8, "is there",
    advice: "choose another name, or \(.replacingFiles)")

  @Test func aProgramWithWindowsShowsTheErrorAndTheAdvice() {
    let shown: any Error = error
    #expect(shown.localizedDescription == "a.h5: 'fc.weight': is there (at byte 8)")
    let localized = shown as? any LocalizedError
    #expect(localized?.failureReason == "is there")
    #expect(
      localized?.recoverySuggestion == "choose another name, or write with 'existing: .replace'")
  }

  @Test func choicesAreNamedByWhoeverShowsThem() {
    #expect(error.text { "<\($0)>" }.hasSuffix("; choose another name, or <replacingFiles>"))
    #expect(error.advice?.choices == [.replacingFiles])
  }

  @Test func equalSentencesAreEqualHoweverTheyWerePutTogether() {
    let number = 3
    let parts: Guidance = "take \(number), " + "or \(.anyEntry)"
    #expect(parts == "take 3, or \(.anyEntry)" && parts != "take 3, or an entry")
    #expect(["a", "b"].map { Guidance($0) }.joined(separator: ", ") == "a, b")
  }

  @Test func namesFromAFileAreEscaped() {
    let choice = Choice.entry("a\u{1b}[2J")
    #expect(!choice.swiftName.contains("\u{1b}"))
  }
}
