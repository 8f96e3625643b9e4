import DBNTensors
import DBNTestSupport
import Testing

/// What a file of few bytes may cost, and what is printed about it.
struct CostTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// Lists that hold each other twice, so that there are 2^17 of the innermost.
  private var doubled: [UInt8] {
    var pickle = Pickle.emptyList + Pickle.put(0) + [0x30]
    for depth in UInt8(0)..<17 {
      pickle += Pickle.emptyList + Pickle.put(depth + 1) + Pickle.mark
      pickle += Pickle.get(depth) + Pickle.get(depth) + Pickle.appends + [0x30]
    }
    return Pickle.dictionary((Pickle.text("w"), Pickle.tensor()))
      + Pickle.text("x") + pickle + Pickle.get(17) + Pickle.setItem
  }

  @Test func everyReadingCommandRefusesAnExpensiveFileAndSaysHowToReadIt() throws {
    let file = try folder.write(Pickle.archive(doubled).bytes, to: "doubled.pth")
    let commands = [
      ["info", file], ["info", file, "--json"], ["check", file], ["diff", file, file],
      ["verify", file, file], ["convert", file, folder.file("out.h5")],
    ]
    for command in commands {
      let refused = try Command(command)
      #expect(refused.status == 2, "\(command): \(refused.output)")
      #expect(refused.error.contains("100000 values") && refused.error.contains("'x/"))
      #expect(refused.error.contains("add --raise-limits 10"))
      #expect(refused.error.split(separator: "\n").count == 1)
    }
    #expect(folder.contents == ["doubled.pth"])
    let raised = try Command("info", file, "--raise-limits", "10")
    #expect(raised.status == 0 && raised.output.contains("more values"), "\(raised.error)")
    #expect(try Command("info", file, "--raise-limits", "0").status == 64)
  }

  /// Of files that are used with a model too.
  @Test func raisedLimitsHoldForEveryFileThatACommandReads() throws {
    let digits = Fixture("torch/digits-shards")
    let model = digits.file("model.pt2")
    let file = try folder.write(Pickle.archive(doubled).bytes, to: "doubled.pth")
    let output = folder.file("out.h5")
    let commands = [
      ["run", model, "--input", file, "--output", output],
      ["run", model, "--weights", file, "--input", file, "--output", output],
      ["run", file, "--weights", model, "--input", model, "--output", output],
      ["eval", model, "--data", file], ["eval", model, "--weights", file, "--data", file],
      ["recalibrate", model, "--weights", model, "--data", file, "--output", output],
      ["verify", model, model, "--model", model, "--input", file],
      ["verify", model, model, "--model", file],
      ["convert", model, output, "--verify", "--model", file],
    ]
    for command in commands {
      let refused = try Command(command)
      #expect(refused.error.contains("100000 values"), "\(command): \(refused.error)")
      let raised = try Command(command + ["--raise-limits", "10"])
      #expect(raised.status == 2 && !raised.error.contains("100000 values"), "\(command)")
    }
  }

  /// The output of such a file costs as much to read as the file.
  @Test func aJobThatNeedsRaisedLimitsIsDoneOnce() throws {
    let tensors = (0..<200).flatMap { Pickle.text("w\($0)") + Pickle.tensor() }
    let inner = Pickle.emptyDict + Pickle.mark + tensors + Pickle.setItems
    let long = Pickle.text(String(repeating: "x", count: 100_000))
    let file = try folder.write(
      Pickle.archive(Pickle.dictionary((long, inner))).bytes, to: "long.pth")
    for (factor, outcome) in [("10", "done"), ("10", "skipped"), ("20", "skipped")] {
      let job = try Command(
        "convert", file, "--output-dir", folder.file("out"), "--to", "torch-zip", "--raise-limits",
        factor)
      #expect(job.status == 0 && job.error.contains("1 job: 1 \(outcome)"), "\(job.error)")
    }
  }

  @Test func listsAndLinesThatArePrintedEnd() throws {
    let entries = (0..<200).map { number in
      let fields = (0..<3).map { #""f\#($0)":[]"# }.joined(separator: ",")
      return #""t\#(number)":{"dtype":"U8","shape":[0],"data_offsets":[0,0],\#(fields)}"#
    }
    let header = Array("{\(entries.joined(separator: ","))}".utf8)
    let file = try folder.write(littleEndian(header.count) + header, to: "many.safetensors")
    let info = try Command("info", file)
    #expect(info.status == 0 && info.error.split(separator: "\n").count == 3, "\(info.error)")
    let long = Array(#"{"a":{"dtype":"\#(String(repeating: "x", count: 1 << 20))"}}"#.utf8)
    let line = try folder.write(littleEndian(long.count) + long, to: "long.safetensors")
    let error = try Command("info", line).error
    #expect(error.utf8.count < 5000, "\(error.utf8.count)")
  }
}
