import DBNCheckpoints
import DBNHDF5
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// BatchNorms of the files that Keras writes, by the names they have there.
struct KerasLayoutTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// What the two BatchNorms of each file are in; the second has neither scale nor center.
  private static let cases: [(name: String, layouts: [String])] = [
    ("keras2-weights", ["keras-2", "keras-2"]),
    ("keras3-model", ["keras", "keras"]),
    ("keras3-weights", ["keras-vars", "keras-vars-bare"]),
  ]

  private func file(_ name: String) -> String { Fixture("keras/\(name)").file("weights.h5") }

  private func info(_ path: String) throws -> JSON {
    try JSON(parsing: Command("info", path, "--json").output)
  }

  @Test func everyFixtureIsTried() {
    #expect(Fixture.all("keras").map(\.name) == Self.cases.map { "keras/\($0.name)" })
  }

  @Test(arguments: cases)
  func theirBatchNormsAreRecognised(name: String, layouts: [String]) throws {
    let info = try info(file(name))
    let rows = try #require(info["batch_norms"]?.array)
    #expect(rows.map { $0["layout"] } == ["keras", "keras"])
    #expect(rows.map { ($0["layout_name"] ?? $0["layout"])?.string } == layouts)
    #expect(rows.map { $0["features"] } == [4, 8] && rows.map { $0["affine"] } == [true, false])
    #expect(info["unrecognised"] == [])
  }

  /// To standard and back, and through V devices and back: the same keys and bytes in the same order.
  @Test(arguments: cases, ["standard", "replicated", "ghost", "split", "sub"])
  func theyComeBackToTheLastBit(of file: (name: String, layouts: [String]), by way: String) throws {
    let source = self.file(file.name)
    let (there, back) = (folder.file("there.h5"), folder.file("back.h5"))
    let mapped =
      try way == "standard"
      ? Command("to-standard", source, there, "--verify")
      : Command(
        "to-distributed", source, there, "--world-size", "3", "--layout", way, "--verify")
    #expect(mapped.status == 0 && mapped.output.contains("bit-identical"), "\(mapped.error)")
    let hint = way == "ghost" ? ["--from-layout", "ghost", "--world-size", "3"] : []
    let returned = try Command(
      ["to-standard", there, back, "--layout", file.layouts[0], "--verify"] + hint)
    #expect(returned.status == 0 && returned.output.contains("bit-identical"), "\(returned.error)")
    #expect(!returned.output.contains("lost something"))
    let same = try Command("diff", source, back)
    #expect(same.status == 0, "\(same.output)")
  }

  @Test(arguments: cases)
  func rowsAreKept(name: String, layouts: [String]) throws {
    let (there, split) = (folder.file("there.pth"), folder.file("split.safetensors"))
    #expect(try Command("to-distributed", file(name), there, "--world-size", "2").status == 0)
    var stateDict = try Checkpoint.open(there).stateDict()
    let key = try #require(stateDict.names.first { $0.hasSuffix(".running_mean") })
    let rows = try Tensor(rounding: [1, 2, 3, 4, 5, 6, 7, 8], to: .float32, shape: [2, 4])
    stateDict[key] = rows
    try Checkpoint(root: .dictionary(stateDict.dictionary)).write(
      to: there, options: WritingOptions(existing: .replace))
    #expect(
      try Command("to-distributed", there, split, "--world-size", "2", "--layout", "split").status
        == 0)
    #expect(
      try Command(
        "to-distributed", split, there, "--world-size", "2", "--layout", "replicated", "--force"
      ).status == 0)
    let returned = try Checkpoint.open(there).stateDict()
    #expect(try returned[key]?.doubles() == [1, 2, 3, 4, 5, 6, 7, 8])
    let refused = try Command(
      "to-standard", there, folder.file("none.h5"), "--layout", layouts[0])
    #expect(refused.status == 2 && refused.error.contains("--statistics"))
  }

  @Test(arguments: cases)
  func renamedOnesAreStandard(name: String, layouts: [String]) throws {
    let renamed = folder.file("renamed.pth")
    let command = try Command("convert", file(name), renamed, "--rename", "keras", "--verify")
    #expect(command.status == 0 && command.output.contains("bit-identical"), "\(command.error)")
    let rows = try #require(try info(renamed)["batch_norms"]?.array)
    #expect(rows.map { $0["layout"] } == ["standard", "standard"])
    let stateDict = try Checkpoint.open(renamed).stateDict()
    let counters = stateDict.names.filter { $0.hasSuffix(".num_batches_tracked") }
    #expect(counters.count == 2)
    for counter in counters {
      #expect(try stateDict[counter]?.integers() == [0] && stateDict[counter]?.shape == [])
    }
  }

  @Test func layoutsThatHaveDevicesAreForToDistributed() throws {
    for layout in ["replicated", "first-device", "spooky"] {
      let command = try Command(
        "to-standard", file("keras3-model"), folder.file("x.h5"), "--layout", layout)
      #expect(command.status == 64 && command.error.contains("'\(layout)'"))
    }
    #expect(folder.contents.isEmpty)
  }
}
