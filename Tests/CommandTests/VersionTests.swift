import DBNTensors
import DBNTestSupport
import Testing

struct VersionTests {
  @Test func theCommandHasTheVersionOfTheLibrary() throws {
    let command = try Command("--version")
    #expect(command.status == 0 && command.output == "\(Toolkit.version)\n")
  }
}
