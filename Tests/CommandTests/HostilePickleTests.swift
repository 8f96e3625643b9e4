import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// A pickle can name any function of Python. None is called, and the file is refused by name.
struct HostilePickleTests {
  @Test func osSystemIsRefusedWithTheGlobalAndTheKey() throws {
    let folder = try TemporaryFolder()
    let hostile = try Fixture("torch/hostile").expected.array ?? []
    let systems = hostile.filter { row in
      row["mentions"]?.array?.contains { $0.string?.contains("system") == true } == true
    }
    #expect(!systems.isEmpty)
    for row in systems {
      let file = try #require(row["file"]?.string)
      let command = try Command(
        "convert", Fixture("torch/hostile").file(file), folder.file("out.h5"))
      #expect(command.status == 2)
      #expect(command.error.split(separator: "\n").count == 1)
      for word in row["mentions"]?.array ?? [] {
        #expect(command.error.contains(word.string ?? "?"), "\(command.error)")
      }
      #expect(folder.contents.isEmpty)
    }
  }
}
