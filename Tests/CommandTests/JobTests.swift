import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// A command that is given many files does what it does for one, for each.
struct JobTests {
  private let folder: TemporaryFolder
  private let inputs: [String]

  init() throws {
    folder = try TemporaryFolder()
    inputs = (0..<5).map { "in-\($0).pth" }
    for input in inputs {
      try FileManager.default.copyItem(
        atPath: Fixture("torch/digits-standard").file("checkpoint.pth"),
        toPath: folder.file(input))
    }
    try FileManager.default.createDirectory(
      atPath: folder.file("out"), withIntermediateDirectories: false)
  }

  private func map(_ more: [String] = [], inputs: [String]? = nil) throws -> Command {
    try Command(
      ["to-distributed"] + (inputs ?? self.inputs).map(folder.file)
        + ["--output-dir", folder.file("out"), "--to", "hdf5", "--world-size", "8"] + more)
  }

  /// Maps all inputs in a process that this one does not wait for.
  private func beginMapping(results: String) throws -> Process {
    let process = Process()
    process.executableURL = URL(filePath: Command.path)
    process.arguments =
      ["to-distributed"] + inputs.map(folder.file)
      + [
        "--output-dir", folder.file("out"), "--to", "hdf5", "--world-size", "8", "--results",
        folder.file(results), "--quiet",
      ]
    try process.run()
    return process
  }

  private func manifest(_ lines: String...) throws -> String {
    try folder.write(Array(lines.map { "\($0)\n" }.joined().utf8), to: "jobs.jsonl")
  }

  private var outputs: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: folder.file("out")).sorted() }
  }

  private func results(_ name: String = "results.jsonl") throws -> [JSON] {
    try String(contentsOfFile: folder.file(name), encoding: .utf8).split(separator: "\n").map {
      try JSON(parsing: String($0))
    }
  }

  private func statuses(_ name: String = "results.jsonl") throws -> [String] {
    try results(name).compactMap { $0["status"]?.string }.sorted()
  }

  @Test func eachInputBecomesTheFileThatTheCommandAloneWrites() throws {
    let all = try map()
    #expect(all.status == 0 && all.error.contains("5 jobs: 5 done"), "\(all.error)")
    #expect(try outputs == (0..<5).map { "in-\($0).h5" })
    let alone = try Command(
      "to-distributed", folder.file(inputs[0]), folder.file("alone.h5"), "--world-size", "8")
    #expect(alone.status == 0)
    let same = try Command("verify", folder.file("alone.h5"), folder.file("out/in-3.h5"))
    #expect(same.status == 0 && same.output.contains("equal, bit-identical"), "\(same.output)")
  }

  @Test func aFailedJobDoesNotStopTheOthers() throws {
    _ = try folder.write([1, 2, 3], to: "bad.pth")
    let all = try map(["--results", folder.file("results.jsonl")], inputs: ["bad.pth"] + inputs)
    #expect(all.status == 2 && all.output == "6 jobs: 5 done, 1 failed\n", "\(all.output)")
    #expect(try statuses() == ["done", "done", "done", "done", "done", "failed"])
    let failed = try #require(results().first { $0["status"]?.string == "failed" })
    #expect(failed["error"]?["code"]?.string == "unknown-format" && failed["exit"]?.int == 2)
    #expect(all.error.split(separator: "\n").count == 1)
  }

  @Test func withFailFastNothingIsBegunAfterAFailure() throws {
    _ = try folder.write([1, 2, 3], to: "bad.pth")
    let all = try map(["--fail-fast", "--jobs", "1"], inputs: ["bad.pth"] + inputs)
    #expect(all.status == 2)
    #expect(try outputs.isEmpty)
  }

  /// By the history of the output, or by the results of earlier runs.
  @Test(arguments: [[], ["--force"], ["--rehash"]])
  func aJobThatIsDoneIsSkipped(options: [String]) throws {
    #expect(try map().status == 0)
    let written = try Data(contentsOf: URL(filePath: folder.file("out/in-0.h5")))
    for _ in 0..<3 {
      let again = try map(options + ["--results", folder.file("results.jsonl")])
      #expect(again.status == 0 && again.output == "5 jobs: 5 skipped\n", "\(again.output)")
    }
    #expect(try Data(contentsOf: URL(filePath: folder.file("out/in-0.h5"))) == written)
    // By the history the first time, and then by the results, which have a line already.
    #expect(try statuses() == Array(repeating: "skipped", count: 5))
  }

  /// Size and time are as recorded, so only --rehash sees that the bytes are others.
  @Test func theInputsOfADoneJobAreReadAgainByRehashOnly() throws {
    let results = ["--results", folder.file("results.jsonl")]
    #expect(try map(results).status == 0)
    let path = folder.file(inputs[2])
    let time = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate]
    var status = stat()
    #expect(stat(path, &status) == 0)
    let file = try #require(FileHandle(forUpdatingAtPath: path))
    try file.seek(toOffset: 2000)
    try file.write(contentsOf: [0x55])
    try file.close()
    var times = [status.st_atim, status.st_mtim]
    #expect(time != nil && utimensat(AT_FDCWD, path, &times, 0) == 0)
    #expect(try map(results).output == "5 jobs: 5 skipped\n")
    let again = try map(results + ["--rehash"])
    #expect(again.status == 2 && again.output == "5 jobs: 4 skipped, 1 failed\n", "\(again.output)")
  }

  @Test func anInputThatChangedIsConvertedAgainByForceOnly() throws {
    let results = ["--results", folder.file("results.jsonl")]
    #expect(try map(results).status == 0)
    unlink(folder.file(inputs[1]))
    try FileManager.default.copyItem(
      atPath: Fixture("torch/resnet18").file("checkpoint.pth"), toPath: folder.file(inputs[1]))
    let refused = try map(results)
    #expect(refused.status == 2 && refused.error.contains("--force"), "\(refused.error)")
    let forced = try map(results + ["--force"])
    #expect(
      forced.status == 0 && forced.output == "5 jobs: 1 done, 4 skipped\n", "\(forced.output)")
  }

  /// A file that was mapped in place is not mapped a second time.
  @Test func aJobInPlaceIsDoneOnce() throws {
    let path = folder.file(inputs[0])
    let jobs = try manifest(#"{"input": "\#(path)", "output": "\#(path)"}"#)
    let arguments = [
      "to-distributed", "--manifest", jobs, "--world-size", "8", "--in-place", "--json",
    ]
    for (status, more) in [
      ("done", []), ("skipped", []), ("skipped", ["--results", folder.file("results.jsonl")]),
      ("skipped", ["--results", folder.file("results.jsonl")]),
    ] {
      let run = try Command(arguments + more)
      #expect(run.status == 0, "\(run.error)")
      #expect(more.isEmpty ? run.output.contains(status) : try statuses().last == status)
    }
  }

  /// What is in the way of an output is told as for one file.
  @Test func aFileThatIsNoCheckpointIsInTheWayOfAnOutput() throws {
    _ = try folder.write([1, 2, 3], to: "out/in-0.h5")
    let refused = try map()
    #expect(refused.status == 2 && refused.error.contains("already a file with this name"))
    #expect(try map(["--force"]).status == 0)
  }

  @Test func theFolderForOutputsIsMade() throws {
    let made = try Command(
      "convert", folder.file(inputs[0]), "--output-dir", folder.file("new"), "--to", "safetensors")
    #expect(made.status == 0, "\(made.error)")
    let jobs = try manifest(
      #"{"input": "\#(folder.file(inputs[0]))", "output": "\#(folder.file("no/a.h5"))"}"#)
    let missing = try Command("convert", "--manifest", jobs)
    #expect(missing.error.contains("the folder '\(folder.file("no"))' does not exist"))
  }

  @Test func otherOptionsAreAnotherJob() throws {
    let one = try manifest(
      #"{"input": "\#(folder.file(inputs[0]))", "output": "\#(folder.file("out/a.h5"))", "world_size": 4}"#
    )
    let two = try folder.write(
      Array(String(contentsOfFile: one, encoding: .utf8).replacing("4}", with: "2}").utf8),
      to: "two.jsonl")
    #expect(try Command("to-distributed", "--manifest", one).status == 0)
    #expect(try Command("to-distributed", "--manifest", two).error.contains("already a file"))
    let forced = try Command("to-distributed", "--manifest", two, "--force")
    #expect(forced.error.contains("1 job: 1 done"), "\(forced.error)")
    #expect(
      try Command("info", folder.file("out/a.h5"), "--json").output.contains("\"world_size\": 2"))
  }

  @Test func aLineHasItsOwnOptionsAndThoseOfAll() throws {
    let (input, output) = (folder.file(inputs[0]), folder.file("out"))
    let jobs = try manifest(
      #"{"input": "\#(input)", "output": "\#(output)/a.h5", "world_size": 4, "verify": true}"#,
      "",
      #"{"output": "\#(output)/b.h5", "input": "\#(input)", "include": ["*1", "*2"], "verify": false}"#
    )
    let all = try Command(
      "to-distributed", "--manifest", jobs, "--world-size", "2", "--verify", "--json")
    #expect(all.status == 0, "\(all.error)")
    let lines = try all.output.split(separator: "\n").map { try JSON(parsing: String($0)) }
      .sorted { $0["line"]?.int ?? 0 < $1["line"]?.int ?? 0 }
    #expect(lines.map { $0["line"]?.int } == [1, 3])
    #expect(lines.map { $0["result"]?["world_size"]?.int } == [4, 2])
    #expect(lines.map { $0["result"]?["verification"] != nil } == [true, false])
    #expect(lines[1]["result"]?["converted"]?.array?.count == 2)
  }

  @Test(arguments: [
    ("nonsense", "line 1: invalid JSON"), ("[1]", "line 1: is no JSON object"),
    (#"{"input": "a"}"#, #"has no "output""#),
    (#"{"input": "a", "output": "b", "wrld_size": 2}"#, "did you mean world-size"),
    (#"{"input": "a", "output": "b", "results": "c"}"#, "no such option for a job"),
    (#"{"input": "a", "output": "b", "world_size": {}}"#, "must be a text, a number or true"),
    (#"{"input": "a", "output": "b.h5", "world_size": 0}"#, "--world-size must be from 1"),
  ])
  func aLineThatIsNoJobIsNamed(line: String, reason: String) throws {
    let good =
      #"{"input": "\#(folder.file(inputs[0]))", "output": "\#(folder.file("out/a.h5"))"}"#
    let all = try Command("to-distributed", "--manifest", manifest(line, good), "--world-size", "2")
    #expect(all.status == 2 && all.error.contains(reason), "\(all.error)")
    #expect(all.error.contains("2 jobs: 1 done, 1 failed"), "\(all.error)")
  }

  @Test func comparisonsThatDifferGiveExitStatusOne() throws {
    let (a, b) = (folder.file(inputs[0]), Fixture("torch/digits-replicated").file("checkpoint.pth"))
    let jobs = try manifest(#"{"a": "\#(a)", "b": "\#(a)"}"#, #"{"a": "\#(a)", "b": "\#(b)"}"#)
    for _ in 0..<2 {
      let all = try Command(
        "verify", "--manifest", jobs, "--results", folder.file("results.jsonl"), "--json")
      #expect(all.status == 1)
    }
    #expect(try statuses() == ["different", "done"])
  }

  @Test func filesToExamineNeedNoOption() throws {
    let all = try Command(["check"] + inputs.map(folder.file))
    #expect(all.status == 0 && all.output.split(separator: "\n").count == 5)
    #expect(try Command(["info", "--json"] + inputs.map(folder.file)).status == 0)
  }

  @Test(arguments: [
    (["convert", "--manifest", "a", "b"], "--manifest names all files"),
    (["convert", "a", "b", "--results", "r"], "Give --manifest, or the inputs and --output-dir"),
    (["verify", "a", "b", "--jobs", "2"], "Give --manifest."),
    (["convert", "x/a.pth", "y/a.pth", "--output-dir", "o"], "would both become"),
    (["check", "a", "--jobs", "0"], "--jobs must be 1 or more"),
    (["check", "a", "--shard", "3/3"], "--shard takes I/N"),
    (["check", "a", "--shard", "auto"], "auto/16"),
  ])
  func wrongUsageIsToldBeforeAnyJob(arguments: [String], reason: String) throws {
    let all = try Command(arguments)
    #expect(all.status == 64 && all.error.contains(reason), "\(all.error)")
  }

  @Test func partsHaveEachJobOnce() throws {
    var done = 0
    for part in 0..<3 {
      let run = try map(["--shard", "\(part)/3", "--results", folder.file("\(part).jsonl")])
      #expect(run.status == 0)
      done += try statuses("\(part).jsonl").count
    }
    #expect(try done == 5 && outputs.count == 5)
  }

  @Test(arguments: [
    [
      "SLURM_ARRAY_TASK_ID": "11", "SLURM_ARRAY_TASK_COUNT": "4", "SLURM_ARRAY_TASK_MIN": "5",
      "SLURM_ARRAY_TASK_STEP": "2",
    ],
    ["OMPI_COMM_WORLD_RANK": "3", "OMPI_COMM_WORLD_SIZE": "4"],
    ["JOB_COMPLETION_INDEX": "3"],
  ])
  func theClusterGivesAProcessItsPart(environment: [String: String]) throws {
    let shard = environment["JOB_COMPLETION_INDEX"] == nil ? "auto" : "auto/4"
    let arguments = ["check"] + inputs.map(folder.file) + ["--json", "--shard"]
    let given = try Command(arguments + [shard], environment: environment)
    let asked = try Command(arguments + ["3/4"])
    #expect(given.status == 0, "\(given.error)")
    func jobs(_ command: Command) throws -> Set<String?> {
      Set(
        try command.output.split(separator: "\n").map {
          try JSON(parsing: String($0))["job"]?.string
        })
    }
    #expect(try jobs(given) == jobs(asked))
  }

  @Test func aJobThatAnotherProcessIsDoingIsWaitedForAndNotDoneTwice() throws {
    // What a killed process left: nobody has its lock.
    _ = try folder.write([], to: "out/.in-1.h5.dbn-claim")
    let claim = try folder.write([], to: "out/.in-0.h5.dbn-claim")
    let descriptor = open(claim, O_RDWR)
    #expect(flock(descriptor, LOCK_EX) == 0)
    let process = try beginMapping(results: "results.jsonl")
    let start = ContinuousClock.now
    while (try? statuses().count) != 4, start.duration(to: .now) < .seconds(60) { usleep(10_000) }
    #expect(try outputs.count { $0.hasSuffix("h5") } == 4 && process.isRunning)
    close(descriptor)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(try outputs == (0..<5).map { "in-\($0).h5" })
  }

  @Test func twoProcessesDoEachJobOnce() throws {
    let processes = try (0..<2).map { try beginMapping(results: "\($0).jsonl") }
    for process in processes {
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
    }
    let all = try statuses("0.jsonl") + statuses("1.jsonl")
    #expect(all.count { $0 == "done" } == 5 && all.count { $0 == "skipped" } == 5, "\(all)")
    #expect(try outputs == (0..<5).map { "in-\($0).h5" })
  }

  /// The results are read again once the job is claimed.
  @Test func aJobThatAnotherProcessHasDoneMeanwhileIsSkipped() throws {
    let arguments =
      ["check"] + inputs.map(folder.file) + ["--results", folder.file("results.jsonl")]
    #expect(try Command(arguments).status == 0)
    let line = try #require(results().first { $0["line"]?.int == 1 })
    let job = try #require(line["job"]?.string)
    unlink(folder.file("results.jsonl"))
    let claim = try folder.write([], to: ".results.jsonl.\(job).dbn-claim")
    let descriptor = open(claim, O_RDWR)
    #expect(flock(descriptor, LOCK_EX) == 0)
    let process = Process()
    process.executableURL = URL(filePath: Command.path)
    process.arguments = arguments + ["--quiet"]
    try process.run()
    let start = ContinuousClock.now
    while (try? statuses().count) != 4, start.duration(to: .now) < .seconds(60) { usleep(10_000) }
    let file = try #require(FileHandle(forWritingAtPath: folder.file("results.jsonl")))
    try file.seekToEnd()
    try file.write(contentsOf: Data((line.text() + "\n").utf8))
    close(descriptor)
    process.waitUntilExit()
    #expect(try statuses() == ["done", "done", "done", "done", "done"])
  }

  @Test func theClaimOfAJobThatIsDoneIsRemoved() throws {
    let results = ["--results", folder.file("results.jsonl")]
    #expect(try map(results).status == 0)
    _ = try folder.write([], to: "out/.in-1.h5.dbn-claim")
    #expect(try map(results).output == "5 jobs: 5 skipped\n")
    #expect(try outputs == (0..<5).map { "in-\($0).h5" })
  }

  @Test func anIncompleteLastLineOfResultsIsPassedOver() throws {
    let results = ["--results", folder.file("results.jsonl")]
    #expect(try map(results).status == 0)
    let text = try String(contentsOfFile: folder.file("results.jsonl"), encoding: .utf8)
    _ = try folder.write(Array(text.utf8.dropLast(40)), to: "results.jsonl")
    #expect(try map(results).output == "5 jobs: 5 skipped\n")
    let lines = try String(contentsOfFile: folder.file("results.jsonl"), encoding: .utf8)
      .split(separator: "\n")
    #expect(lines.count == 6 && lines.count { (try? JSON(parsing: String($0))) == nil } == 1)
  }

  @Test func aManifestIsReadFromStandardInput() throws {
    let line = #"{"input": "\#(folder.file(inputs[0]))"}"#
    let all = try Command(
      after: "exec <'\(try manifest(line, line))'", "check", "--manifest", "-")
    #expect(all.status == 0 && all.error.contains("2 jobs: 2 done"), "\(all.error)")
  }
}
