import DBNBytes
import DBNTestSupport
import Testing

struct LineReaderTests {
  private func lines(_ reader: LineReader) throws -> [String] {
    var lines: [String] = []
    while let line = try reader.next() { lines.append(String(decoding: line, as: UTF8.self)) }
    return lines
  }

  @Test func aLastLineWithoutAnEndCounts() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array("one\ntwo".utf8), to: "lines")
    #expect(try lines(LineReader(path)) == ["one", "two"])
  }

  @Test func linesThatWereAddedAreReadNext() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([], to: "lines")
    let file = try AppendedFile(path)
    let reader = try LineReader(path, follows: true)
    #expect(try lines(reader) == [])
    for _ in 0..<3 {
      try file.append(line: "one")
      try file.append(line: "two")
      #expect(try lines(reader) == ["one", "two"])
    }
  }

  /// Another process may be writing it.
  @Test func aLastLineWithoutAnEndIsReadOnceItHasOne() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array("one\nt".utf8), to: "lines")
    let reader = try LineReader(path, follows: true)
    #expect(try lines(reader) == ["one"])
    // Opening the file ends the line that a killed process left.
    _ = try AppendedFile(path)
    #expect(try lines(reader) == ["t"])
  }
}
