import DBNTensors
import Testing

struct WordsTests {
  @Test(arguments: [
    ("list", "a list"), ("int", "an int"), ("array", "an array"), ("object", "an object"),
    ("OrderedDict", "an OrderedDict"), ("int64", "an int64"), ("uint8", "a uint8"), ("", "a "),
    ("unreadable dataset", "an unreadable dataset"), ("user-defined link", "a user-defined link"),
    ("argparse.Namespace", "an argparse.Namespace"), ("ONNX model", "an ONNX model"),
  ])
  func aNounGetsItsArticle(noun: String, text: String) {
    #expect(withArticle(noun) == text)
  }
}
