import DBNBatchNorm
import DBNComparison
import DBNTensors
import DBNTestSupport
import Testing

/// Files of ranks to replicated buffers, and back.
struct RankTests {
  private func rank(_ number: Int) throws -> StateDict {
    try .batchNorm(
      means: [[Double(number), 1]], variances: [[1, Double(number) / 8]], counters: [number])
  }

  private func checkpoint(
    _ stateDict: StateDict, _ number: Int, format: String = "hdf5"
  ) throws -> RankCheckpoint {
    try RankCheckpoint(
      path: "rank-\(number)", format: format,
      Checkpoint(root: .dictionary(stateDict.dictionary)))
  }

  @Test(arguments: [1, 2, 7])
  func gatheringAndScatteringGiveTheSameBytes(count: Int) throws {
    let ranks = try (0..<count).map { try rank($0) }
    let files = try ranks.enumerated().map { try checkpoint($1, $0) }
    let gathered = try StateDict.gathering(files)
    #expect(gathered.stateDict["bn.running_mean"]?.shape == [count, 2])
    #expect(gathered.record["world_size"] == .int(count))
    let scattered = try gathered.stateDict.scattering()
    #expect(scattered.count == count)
    for (original, back) in zip(ranks, scattered) {
      #expect(back.names == original.names)
      for (name, tensor) in original.tensors {
        let other = try #require(back[name])
        #expect(other.shape == tensor.shape && other.scalarType == tensor.scalarType)
        #expect(try other.storage.hasEqualBytes(to: tensor.storage))
      }
    }
  }

  @Test(arguments: [("runs/rank3.pth", false), ("rank_2.pth", false), ("rank0.pth", true)])
  func `the file of a later rank is not the first`(path: String, isAccepted: Bool) throws {
    let code: CheckpointError.Code?
    do {
      code = try RankNumbers.ordered([path]).paths == [path] ? nil : .truncated
    } catch {
      code = error.code
    }
    #expect(code == (isAccepted ? nil : .invalidRanks))
  }

  /// Half of them written, and half of them left from before: all fit together.
  @Test func filesThatWereScatteredFromTwoCheckpointsAreRefused() throws {
    func file(_ number: Int, set: String?) throws -> RankCheckpoint {
      var checkpoint = Checkpoint(root: .dictionary(try rank(number).dictionary))
      if let set { checkpoint.history = [["operation": "scatter", "set": .string(set)]] }
      return try RankCheckpoint(path: "rank-\(number)", format: "hdf5", checkpoint)
    }
    for sets in [["a", "a", "a"], ["a", nil, "a"], [nil, nil, nil]] {
      let files = try sets.enumerated().map { try file($0, set: $1) }
      #expect(try StateDict.gathering(files).record["world_size"] == 3)
    }
    let error = #expect(throws: CheckpointError.self) {
      try StateDict.gathering([file(0, set: "a"), file(1, set: nil), file(2, set: "b")])
    }
    #expect(error?.code == .invalidRanks && error?.path == "rank-2")
  }

  @Test func whatElseDiffersIsListed() throws {
    var one = try rank(1)
    one["conv.weight"] = try .float32([0.5, -0.25, 1, Double(Float(2).nextUp)], [2, 2, 1, 1])
    var two = try rank(2)
    two["extra"] = try .float32([1])
    let files = [
      try checkpoint(rank(0), 0), try checkpoint(one, 1), try checkpoint(two, 2),
    ]
    let error = #expect(throws: CheckpointError.self) { try StateDict.gathering(files) }
    #expect(error?.code == .ranksDiffer)
    let reason = error?.reason ?? ""
    #expect(reason.contains("2 of 3"))
    #expect(reason.contains("rank-1: 'conv.weight' has different values"))
    #expect(reason.contains("rank-2: 'extra' is not in rank 0's file"))
  }

  @Test func aBufferOfAnotherShapeIsNoRow() throws {
    let other = try StateDict.batchNorm(means: [[1, 2, 3]], variances: [[1, 2, 3]], counters: [1])
    let files = [try checkpoint(rank(0), 0), try checkpoint(other, 1)]
    let error = #expect(throws: CheckpointError.self) { try StateDict.gathering(files) }
    #expect(error?.code == .ranksDiffer && error?.reason.contains("shape") == true)
  }

  @Test func whatIsReplicatedAlreadyIsNotGathered() throws {
    let replicated = try rank(0).toDistributed(worldSize: 2).stateDict
    let error = #expect(throws: CheckpointError.self) {
      try StateDict.gathering([checkpoint(replicated, 0)])
    }
    #expect(error?.code == .unexpectedLayout && error?.name == "bn")
    let scattering = #expect(throws: CheckpointError.self) { try rank(0).scattering() }
    #expect(scattering?.code == .unexpectedLayout)
  }

  /// As mapping explains it, with the way out that works here too.
  @Test func modulesThatAreNotTakenForBatchNormsAreExplained() throws {
    var first = StateDict()
    first["rms.running_mean"] = try .float32([1, 2])
    first["rms.running_var"] = try .float32([1, 2])
    var second = first
    second["rms.running_mean"] = try .float32([3, 4])
    let ranks = [try checkpoint(first, 0), try checkpoint(second, 1)]
    for error in [
      try #require(throws: CheckpointError.self) { try first.scattering() },
      try #require(throws: CheckpointError.self) { try StateDict.gathering(ranks) },
    ] {
      #expect(error.code == .noBatchNorm && error.name == "rms", "\(error)")
      #expect(error.advice?.choices == [.including("rms")])
    }
    let selection = NameSelection(include: ["rms"])
    let gathered = try StateDict.gathering(ranks, selection: selection).stateDict
    #expect(gathered["rms.running_mean"]?.shape == [2, 2])
    #expect(try gathered.scattering(selection)[1]["rms.running_mean"]?.doubles() == [3, 4])
  }

  @Test func differentWorldSizesCannotBeScattered() throws {
    var mixed = try rank(0).toDistributed(worldSize: 2).stateDict
    for (name, tensor) in try rank(0).toDistributed(worldSize: 3).stateDict.tensors {
      mixed["other.\(name)"] = tensor
    }
    let error = #expect(throws: CheckpointError.self) { try mixed.scattering() }
    #expect(error?.advice?.choices == [.mappingToDistributed, .mergeRule])
  }

  /// Ranks may all be equal, as broadcast buffers are; a rank that is another's copy is an accident.
  @Test func aRankThatIsACopyIsAnError() throws {
    let same = [try checkpoint(rank(3), 0), try checkpoint(rank(3), 1)]
    #expect(try StateDict.gathering(same).stateDict["bn.running_mean"]?.shape == [2, 2])
    let copied = same + [try checkpoint(rank(4), 2)]
    let error = #expect(throws: CheckpointError.self) { try StateDict.gathering(copied) }
    #expect(error?.code == .invalidRanks && error?.path == "rank-1")
  }

  @Test func namesTellTheOrder() throws {
    let shuffled = ["r-10.pth", "r-2.pth", "r-0.pth", "r-1.pth"] + (3..<10).map { "r-\($0).pth" }
    let ordered = try RankNumbers.ordered(shuffled)
    #expect(ordered.areNumbered && ordered.paths == (0...10).map { "r-\($0).pth" })
    #expect(try RankNumbers.ordered(["job7/r1", "job7/r2"]).paths == ["job7/r1", "job7/r2"])
    let free = try RankNumbers.ordered(["b.pth", "a.pth"])
    #expect(!free.areNumbered && free.paths == ["b.pth", "a.pth"])
  }

  @Test(arguments: [
    (["r0", "r0"], "given twice"), (["r0", "r2"], "rank 1 is missing"),
    (["r00", "r0", "r1"], "twice"), (["r2", "r3"], "rank 0 is missing"),
  ])
  func missingAndDuplicateRanksAreErrors(paths: [String], reason: String) throws {
    let error = #expect(throws: CheckpointError.self) { try RankNumbers.ordered(paths) }
    #expect(error?.code == .invalidRanks && error?.reason.contains(reason) == true)
  }
}
