import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// What `info` says of the names in pickles.
struct PickledNamesCommandTests {
  private let folder: TemporaryFolder
  private let attack: String

  init() throws {
    folder = try TemporaryFolder()
    let value = Pickle.dictionary(
      (Pickle.text("w"), Pickle.tensor()),
      (Pickle.text("x"), Pickle.call("os.system", Pickle.text("touch executed"))))
    attack = try folder.write(Pickle.archive(value).bytes, to: "attack.pth")
  }

  @Test func aRefusedFileIsListedBeforeTheError() throws {
    let command = try Command("info", attack)
    #expect(command.status == 2 && command.error.contains("'x': the pickle names os.system"))
    let first = try #require(command.output.split(separator: "\n").first)
    #expect(first.hasPrefix("DANGEROUS: the pickle names os.system (x, at byte "), "\(first)")
    #expect(first.hasSuffix(" of archive/data.pkl)"))
    #expect(try Command("info", attack, "--quiet").output.isEmpty)
  }

  @Test func theDocumentOfARefusedFileHasTheErrorAndTheNames() throws {
    let command = try Command("info", attack, "--json")
    #expect(command.status == 2)
    let document = try JSON(parsing: command.output)
    #expect(document["error"]?["code"] == "pickle-global" && document["error"]?["name"] == "x")
    let dangerous = (document["names"]?.array ?? []).filter { $0["dangerous"] == true }
    #expect(dangerous.count == 1 && dangerous.first?["entry"] == "x")
    #expect(dangerous.first?["module"] == "os" && dangerous.first?["name"] == "system")
  }

  @Test func weightsNameOnlyWhatWeightsNeed() throws {
    let digits = Fixture("torch/digits-standard").file("checkpoint.pth")
    let text = try Command("info", digits)
    #expect(text.status == 0 && text.output.contains("the pickle names what weights need: "))
    #expect(!text.output.contains("DANGEROUS") && text.output.contains("torch.FloatStorage"))
    let names = try JSON(parsing: Command("info", digits, "--json").output)["names"]?.array ?? []
    #expect(!names.isEmpty && names.allSatisfy { $0["dangerous"] == false })
    let hdf5 = folder.file("a.h5")
    #expect(try Command("convert", digits, hdf5).status == 0)
    #expect(try JSON(parsing: Command("info", hdf5, "--json").output)["names"] == [])
  }

  @Test func manyFilesStayOneLineEach() throws {
    let command = try Command("info", attack, attack + "x", "--json")
    #expect(command.status == 2)
    for line in command.output.split(separator: "\n") {
      #expect(throws: Never.self) { try JSON(parsing: String(line)) }
    }
  }
}
