import DBNTensors
import DBNTestSupport
import Testing

/// What is misspelled is named, with the word that may be meant; the exit status is 64.
struct UsageTests {
  @Test(arguments: [
    (["convrt", "a", "b"], "there is no subcommand 'convrt'; did you mean convert?"),
    (["help", "infoo"], "there is no subcommand 'infoo'; did you mean info?"),
    (
      ["to-distributed", "a", "b", "--worldsize", "8"],
      "there is no option --worldsize; did you mean --world-size?"
    ),
    (["info", "a", "--entri=x"], "there is no option --entri; did you mean --entry?"),
    (["convert", "a", "b", "--layout", "x"], "these have it: to-distributed, to-standard."),
    (
      ["to-distributed", "a", "b", "--world-size", "2", "--layout", "replica"],
      "--layout takes replicated, first-device, ghost, split, sub, or the name of "
        + "--layout-file's layout, not 'replica'; did you mean replicated?"
    ),
    (
      ["to-distributed", "a", "b", "--world-size", "2", "--layout", "keras"],
      "'keras' is not a layout for this command: use 'to-standard'"
    ),
    (["convert", "a", "b", "--to", "hdf"], "not 'hdf'; did you mean hdf5?"),
    (["verify", "a", "b", "--engine=ondnn"], "not 'ondnn'; did you mean onednn?"),
    (
      ["run", "a", "--input", "b", "--engine", "fast"],
      "--engine takes reference or onednn, not 'fast'."
    ),
  ])
  func aMisspelledWordIsNamedWithTheNearestOne(arguments: [String], text: String) throws {
    let result = try Command(arguments)
    #expect(result.status == 64 && result.error.contains(text), "\(result.error)")
    #expect(result.output.isEmpty)
  }

  /// With the code of the error, and its sentence on standard error as without `--json`.
  @Test(arguments: [
    (["info", "no-such-file", "--json"], "system", 2),
    (["convert", "a", "--json"], "usage", 64),
    (["convert", "a", "b", "--json", "--to", "hdf"], "usage", 64),
    (["to-distributed", "a", "b.h5", "--world-size", "0", "--json"], "usage", 64),
    (["check", "--json", "--entri", "a"], "usage", 64),
  ])
  func anErrorIsADocumentIfOneIsAskedFor(
    arguments: [String], code: String, status: Int32
  ) throws {
    let result = try Command(arguments)
    #expect(result.status == status && !result.error.isEmpty)
    let error = try JSON(parsing: result.output)["error"]
    #expect(error?["code"]?.string == code && error?["reason"]?.string?.isEmpty == false)
    let text = try Command(arguments.filter { $0 != "--json" })
    #expect(text.output.isEmpty && text.status == status)
  }

  @Test func noArgumentsShowHelpAsAUsageError() throws {
    let result = try Command([])
    #expect(result.status == 64 && result.output.isEmpty)
    #expect(result.error.contains("SUBCOMMANDS") && result.error.contains("to-distributed"))
  }

  @Test func helpThatIsAskedForSucceeds() throws {
    for arguments in [["--help"], ["help"], ["help", "info"], ["info", "--help"]] {
      let result = try Command(arguments)
      #expect(result.status == 0 && result.output.contains("USAGE"), "\(arguments)")
    }
  }

  @Test func aNegativeNumberIsAValueAndNoOption() throws {
    let size = try Command(["to-distributed", "a", "b", "--world-size", "-1"])
    #expect(size.status == 64 && size.error.contains("--world-size must be from 1 to"))
    let mean = try Command([
      "eval", "no-such-file.pth", "--data", "no-such-file.npz", "--mean", "-0.5,0.25",
    ])
    #expect(mean.status == 2, "\(mean.error)")
  }

  @Test func wordsAfterTwoHyphensAreFiles() throws {
    let result = try Command(["info", "--", "--entri"])
    #expect(result.status == 2 && result.error.contains("--entri"), "\(result.error)")
  }
}
