import DBNCheckpoints
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// `--verify` of the conversions, and `verify --model`.
struct ProofTests {
  private let folder: TemporaryFolder
  private let digits = Fixture("torch/digits-standard").file("checkpoint.pth")
  private let drifted = Fixture("torch/digits-replicated").file("checkpoint.pth")
  private let resnet18 = Fixture("torch/resnet18").file("checkpoint.pth")

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test(arguments: ["h5", "pth", "safetensors"])
  func aProvenConversionSaysSo(suffix: String) throws {
    let there = folder.file("there.\(suffix)")
    let mapped = try Command(
      "to-distributed", digits, there, "--world-size", "4", "--verify", "--json")
    #expect(mapped.status == 0, "\(mapped.error)")
    let verification = try JSON(parsing: mapped.output)["verification"]
    #expect(verification?["bit_identical"] == true && verification?["other_tensors"] != nil)
    let back = try Command("to-standard", there, folder.file("back.\(suffix)"), "--verify")
    #expect(back.status == 0 && back.output.contains("verified: equal, bit-identical"))
  }

  /// A loss that was chosen is proven to be the one that was promised, and no other.
  @Test(arguments: ["first", "mean", "pooled", "replica:2"], ["h5", "pth", "safetensors"])
  func aChosenMergeIsProven(rule: String, suffix: String) throws {
    let merged = folder.file("merged.\(suffix)")
    let proven = try Command(
      "to-standard", drifted, merged, "--statistics", rule, "--verify", "--json")
    #expect(proven.status == 0, "\(proven.error)")
    let verification = try JSON(parsing: proven.output)["verification"]
    #expect(verification?["promise"]?["kept"] == true && verification?["promise"]?["merged"] == 3)
    #expect(verification?["promise"]?["unchanged"] == 5 && verification?["equal"] == false)
    #expect(verification?["max_abs"] != .double(0))
  }

  @Test(arguments: ["float16", "bfloat16", "float64"])
  func aCastIsProven(type: String) throws {
    let cast = folder.file("cast.h5")
    let proven = try Command("convert", digits, cast, "--cast", type, "--verify")
    #expect(proven.status == 0, "\(proven.error)")
    let error = type == "float64" ? "" : " (relative error 0.00"
    #expect(proven.output.contains("verified: 11 cast tensors hold the nearest values\(error)"))
    #expect(proven.output.contains("; 9 other tensors kept bit for bit"))
    #expect(proven.output.count < 700)
    let again = try Command(
      "convert", digits, cast, "--cast", type, "--verify", "--json", "--force")
    let verification = try JSON(parsing: again.output)["verification"]
    let rounding = try #require(verification?["promise"]?["rounding"])
    if type == "float64" {
      #expect(rounding["rel_error"] == .double(0) && rounding["snr_db"] == "inf")
    } else {
      guard case .double(let error)? = rounding["rel_error"],
        case .double(let decibels)? = rounding["snr_db"]
      else { return #expect(Bool(false), "\(rounding)") }
      // At most half a unit in the last place: 2^-11 or 2^-8 of each normal number.
      let limit = type == "float16" ? 0x1p-11 : 0x1p-8
      #expect((limit / 10...limit).contains(error))
      #expect(abs(pow(10, -decibels / 20) / error - 1) < 1e-12)
    }
  }

  /// Devices of two numbers can't be run side by side; what was promised is proven all the same.
  @Test(arguments: ["replicated", "ghost", "split", "sub"])
  func anotherNumberOfDevicesIsProven(layout: String) throws {
    let four = folder.file("four.h5")
    #expect(
      try Command("to-distributed", digits, four, "--world-size", "4", "--layout", layout).status
        == 0)
    for source in [four, drifted] {
      let six = folder.file("six.h5")
      let proven = try Command(
        "to-distributed", source, six, "--world-size", "6", "--statistics", "first", "--verify",
        "--force")
      #expect(proven.status == 0, "\(proven.error)")
      #expect(proven.output.contains("the statistics of 3 BatchNorms follow the merge rule"))
    }
    let limited = try Command(
      "to-distributed", drifted, folder.file("six.h5"), "--world-size", "6", "--statistics",
      "first", "--verify", "--atol", "1", "--force")
    #expect(limited.status == 2 && limited.error.contains("leave out --atol and --rtol"))
  }

  @Test func nothingIsNoProof() throws {
    let empty = Fixture("torch/entries/none").file("checkpoint.pth")
    let nothing = folder.file("nothing.pth")
    try Checkpoint(root: .dictionary(StateDict().dictionary)).write(to: nothing)
    let proven = try Command("convert", nothing, folder.file("out.h5"), "--verify")
    #expect(proven.status == 2 && proven.error.contains("nothing can be proven"), "\(empty)")
    #expect(folder.contents == ["nothing.pth"])
  }

  @Test func outputsBeyondAToleranceLeaveNothing() throws {
    let old = folder.file("old.h5")
    for arguments in [
      ["to-standard", drifted, old, "--statistics", "mean", "--verify", "--atol", "1e-6"],
      ["convert", digits, old, "--cast", "bfloat16", "--verify", "--atol", "1e-9"],
    ] {
      let refused = try Command(arguments)
      #expect(refused.status == 1 && refused.output.isEmpty)
      #expect(refused.error.contains("old.h5: not written: the outputs are up to"))
      #expect(refused.error.split(separator: "\n").count == 1 && folder.contents.isEmpty)
    }
  }

  @Test func anOldFileStaysWhenTheProofFails() throws {
    let old = folder.file("old.h5")
    #expect(try Command("convert", digits, old).status == 0)
    let refused = try Command(
      "convert", digits, old, "--cast", "bfloat16", "--verify", "--atol", "1e-9", "--force")
    #expect(refused.status == 1)
    #expect(try Command("diff", digits, old).status == 0)
  }

  @Test func aToleranceLetsRoundingThrough() throws {
    let half = folder.file("half.h5")
    let cast = try Command(
      "convert", digits, half, "--cast", "float16", "--verify", "--atol", "0.01")
    #expect(cast.status == 0 && cast.output.contains("nearest values"))
  }

  @Test func renamedTensorsAreProvenUnderTheirNewNames() throws {
    let renamed = folder.file("renamed.h5")
    let converted = try Command(
      "convert", digits, renamed, "--rename", "s/^bn/norm/", "--verify")
    #expect(converted.status == 0 && converted.output.contains("verified"), "\(converted.error)")
  }

  @Test func shardsAreNotProvenBeforeTheyAreThere() throws {
    let refused = try Command(
      "convert", resnet18, folder.file("a.safetensors"), "--shard-size", "100KB", "--verify")
    #expect(refused.status == 2 && refused.error.contains("shards") && folder.contents.isEmpty)
  }

  @Test func aToleranceWithoutAProofIsWrongUsage() throws {
    for extra in [["--atol", "1"], ["--model", "resnet18"]] {
      let command = try Command(["convert", digits, folder.file("a.h5")] + extra)
      #expect(command.status == 64)
    }
  }

  @Test(arguments: ["eval", "train"])
  func aModelIsRunWithBoth(mode: String) throws {
    let there = folder.file("there.h5")
    #expect(
      try Command("to-distributed", resnet18, there, "--world-size", "2").status == 0)
    var inputs = StateDict()
    let values = (0..<4 * 3 * 24 * 24).map { (index: Int) -> Double in
      Double(index * index % 251) / 125 - 1
    }
    inputs["input"] = try Tensor(rounding: values, to: .float32, shape: [4, 3, 24, 24])
    try Checkpoint(root: .dictionary(inputs.dictionary)).write(to: folder.file("x.h5"))
    let verified = try Command(
      "verify", resnet18, there, "--model", "auto", "--input", folder.file("x.h5"), "--mode", mode,
      "--json")
    // One pixel is left in the last stage: two samples to a device have two values a channel.
    #expect(verified.status == 0, "\(verified.error)")
    let result = try JSON(parsing: verified.output)
    #expect(result["model"] == "resnet18" && result["bit_identical"] == true)
    #expect(result["samples"] == 4 && result["layers"]?.array?.count == 69)
  }

  @Test func anUnknownModelIsNamed() throws {
    let command = try Command("verify", digits, digits, "--model", "resnet19")
    #expect(command.status == 2 && command.error.contains("'resnet19'"))
    let auto = try Command("verify", digits, digits, "--model", "auto")
    #expect(auto.status == 2 && auto.error.contains("not those of a known architecture"))
  }

  @Test func inputsNeedAModel() throws {
    #expect(try Command("verify", digits, digits, "--input", digits).status == 64)
  }
}
