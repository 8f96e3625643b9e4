import DBNBatchNorm
import DBNCheckpoints
import DBNComparison
public import DBNTensors

extension Conversion {
  /// Gathers the files of a data-parallel job's ranks: rank i's buffers become row i of replicated
  /// BatchNorms, the parts of each `DTensor` are put together, and everything else is rank 0's.
  ///
  /// - Parameters:
  ///   - paths: the files. Names that differ only in one number are ordered by it; others are used
  ///     in the order given, with a note.
  ///   - entry: the entry of the state dict in each of them.
  ///   - selection: the BatchNorms that are gathered.
  ///   - stateDictOnly: whether all else in them is left out first.
  /// - Throws: `invalidRanks`; as `DTensorAssembly`, `StateDict.gathering`, `Checkpoint.open` and `findStateDict`.
  public static func gathering(
    _ paths: [String], entry: EntryPath? = nil, selection: NameSelection = .all,
    stateDictOnly: Bool = false, options: ReadingOptions = ReadingOptions()
  ) throws(CheckpointError) -> ConversionResult {
    let (paths, areNumbered) = try RankNumbers.ordered(paths)
    let opened = try paths.map { path throws(CheckpointError) in
      try Conversion(opening: path, entry: entry, options: options)
    }
    let sharded = try DTensorAssembly(opened.map { ($0.path, $0.checkpoint) })
    let files = try opened.map { file throws(CheckpointError) in
      let whole = Conversion(
        sharded.applied(to: file.checkpoint), from: file.path, format: file.format, entry: entry)
      return stateDictOnly ? try whole.reducedToStateDict() : whole
    }
    let ranks = try files.map { file throws(CheckpointError) in
      try RankCheckpoint(
        path: file.path, format: file.format, file.checkpoint, entry: file.entry)
    }
    let gathered = try StateDict.gathering(
      ranks, selection: selection, shardedCount: sharded.count)
    var settings = ranks[0].checkpoint.batchNormSettings
    for rank in ranks.dropFirst() {
      settings = settings.filled(from: rank.checkpoint.batchNormSettings)
    }
    let change = StateDictChange(entry: ranks[0].entry, after: gathered.stateDict)
    var (result, _) = change.applied(to: ranks[0].checkpoint)
    result.batchNormSettings = settings
    let unnumbered: Guidance =
      "the file names do not show the ranks: the first file given is rank 0"
    let notes =
      ranks[0].checkpoint.notes
      + change.notes(in: ranks[0].checkpoint, isChosen: entry != nil)
      + (areNumbered ? [] : [unnumbered]) + result.settingsNotes()
    // Notes common to several ranks are given once.
    var known = Set(notes)
    let others = ranks.flatMap(\.checkpoint.notes).filter { known.insert($0).inserted }
    return ConversionResult(
      files[0], result, record: gathered.record, gathered.report, notes: notes + others,
      examining: .of(gathered.stateDict),
      basis: ProofBasis.whatIsWritten(
        gathered.stateDict, at: ranks[0].entry, settings: settings))
  }

  /// The checkpoint that each of V ranks would have saved: row i of every BatchNorm's buffers for
  /// rank i, everything else the same. The inverse of `gathering`.
  ///
  /// - Parameter selection: the BatchNorms that are scattered.
  /// - Returns: V results, by rank, all with the same notes and the health of the source.
  /// - Throws: as `StateDict.scattering` and `findStateDict`.
  public func scattered(
    _ selection: NameSelection = .all
  ) throws(CheckpointError) -> [ConversionResult] {
    let (found, source) = try findStateDict()
    let ranks = try naming { () throws(CheckpointError) in try source.scattering(selection) }
    let set = try naming { () throws(CheckpointError) in try TensorIdentity.of(source.tensors) }
    let notes =
      checkpoint.notes
      + StateDictChange(entry: found, after: source).notes(in: checkpoint, isChosen: entry != nil)
      + checkpoint.settingsNotes()
    return ranks.enumerated().map { rank, stateDict in
      let change = StateDictChange(entry: found, after: stateDict)
      return ConversionResult(
        self, change.applied(to: checkpoint).checkpoint,
        record: [
          "operation": "scatter", "rank": .int(rank), "world_size": .int(ranks.count),
          "set": .string(set),
        ],
        ConversionReport(), notes: notes, examining: .of(source),
        basis: ProofBasis.whatIsWritten(
          stateDict, at: found, settings: checkpoint.batchNormSettings))
    }
  }
}
