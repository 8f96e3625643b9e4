import DBNJSON
import Testing

struct JSONTests {
  @Test(arguments: [
    "null", "true", "[1, -2, 3.5]", #"{"b": 1, "a": {"é": "x\ny"}}"#, "[]", "{}", #""\u0000""#,
    "1e-05", "[[1], [2]]",
  ])
  func textSurvivesARoundTrip(text: String) throws {
    #expect(try JSON(parsing: text).text() == text)
  }

  @Test(arguments: [
    "", "tru", "[1,]", "{\"a\" 1}", "{\"a\": 1, \"a\": 2}", "\"open", "[1] 2", "+1", "1.", "--1",
    "99999999999999999999", "\"\\ud800\"", "\"\\u00+1\"", "\"\u{1}\"", "[", "nan", ".5", "01", "-",
    "1e", "2.e5",
  ])
  func brokenRulesAreRefused(text: String) {
    #expect(throws: CheckpointError.self) { try JSON(parsing: text) }
  }

  @Test func bothSpellingsOfAnAccentAreTwoKeys() throws {
    let value = try JSON(parsing: "{\"e\u{301}\": 1, \"\u{e9}\": 2}")
    #expect(value["\u{e9}"] == 2 && value["e\u{301}"] == 1)
  }

  @Test func nestingBeyondTheLimitIsRefused() throws {
    let deep = String(repeating: "[", count: 100_000)
    let error = #expect(throws: CheckpointError.self) { try JSON(parsing: deep) }
    #expect(error?.code == .invalidJSON)
  }

  /// A NaN that arithmetic made has a sign, and one from a file may have digits of its own.
  @Test(arguments: [
    (-Double.nan, "nan"), (Double(nan: 5, signaling: false), "nan"), (.signalingNaN, "nan"),
    (.infinity, "inf"), (-.infinity, "-inf"),
  ])
  func numbersWithoutANotationAreOneOfThreeTexts(number: Double, text: String) {
    #expect(JSON.array([.double(number)]).text() == "[\"\(text)\"]")
  }

  @Test func indentedTextIsTheSameDocument() throws {
    let value: JSON = ["a": ["b": [1, 2], "c": ["d": [["e": 1]]]], "f": []]
    #expect(try JSON(parsing: value.text(indented: true)) == value)
  }
}
