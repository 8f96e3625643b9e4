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
