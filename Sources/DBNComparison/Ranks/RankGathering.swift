public import DBNBatchNorm
public import DBNTensors

extension StateDict {
  /// One replicated state dict made of the state dicts of V ranks, which may differ only in their
  /// BatchNorms' buffers: rank i's become row i.
  ///
  /// Buffers are assembled when they are read, so memory does not grow with the number of files.
  ///
  /// - Parameters:
  ///   - ranks: in order of rank; everything but the buffers is taken from rank 0.
  ///   - selection: the BatchNorms that are gathered; the others must be equal on all ranks.
  ///   - shardedCount: how many tensors were put together from the ranks' parts before. If there are
  ///     any, the state dict needs no BatchNorm.
  /// - Throws: `ranksDiffer` with all other differences; `unexpectedLayout` when the BatchNorms are
  ///   not standard ones; `noBatchNorm`, `invalidRanks`.
  public static func gathering(
    _ ranks: [RankCheckpoint], selection: NameSelection = .all, shardedCount: Int = 0
  ) throws(CheckpointError) -> BatchNormConversion {
    guard let first = ranks.first, ranks.count <= worldSizeLimit else {
      throw CheckpointError(
        .invalidRanks, "\(ranks.count) ranks can't be gathered",
        advice: "give 1 to \(worldSizeLimit) files")
    }
    try refuseOtherSets(among: ranks)
    let sites = try sites(of: first, selection, shardedCount: shardedCount)
    let buffers = Set(sites.flatMap(\.bufferKeys).map { CheckpointDictionary.Key.string($0) })
    let budget = MemoryBudget.current
    let differences = try concurrentMap(ranks.count - 1) { index throws(CheckpointError) in
      try ranks[index + 1].differences(from: first, except: buffers, within: budget)
    }
    try refuse(differences, among: ranks)
    try refuseCopies(of: sites.flatMap(\.bufferKeys), among: ranks)
    let scalars = Set(sites.flatMap(\.scalarKeys).map { CheckpointDictionary.Key.string($0) })
    var gathered = first.stateDict
    var stacked: [[ObjectIdentifier?]: Tensor] = [:]
    for key in sites.flatMap(\.bufferKeys) {
      let rows = ranks.compactMap { $0.stateDict[key] }
      let identity = rows.map { Optional(ObjectIdentifier($0.storage)) }
      if stacked[identity] == nil {
        let isScalar = scalars.contains(.string(key))
        stacked[identity] = try Tensor.stacked(
          rows.map { row throws(CheckpointError) in isScalar ? try row.loadedAsScalar() : row })
      }
      gathered[key] = stacked[identity]
    }
    var report = ConversionReport()
    report.converted = sites.map(\.name)
    return BatchNormConversion(
      stateDict: gathered, report: report,
      record: .object(
        [
          JSON.Member("operation", "gather"), JSON.Member("layout", "replicated"),
          JSON.Member("world_size", .int(ranks.count)),
          JSON.Member("batch_norms", .int(sites.count)),
        ] + (shardedCount > 0 ? [JSON.Member("sharded_tensors", .int(shardedCount))] : [])))
  }

  /// The BatchNorms whose buffers are gathered, all of them with statistics of one device.
  private static func sites(
    of rank: RankCheckpoint, _ selection: NameSelection, shardedCount: Int
  ) throws(CheckpointError) -> [BatchNormSite] {
    let sites: [BatchNormSite]
    do throws(CheckpointError) {
      sites = try SelectedSites(rank.stateDict, selection: selection).sites
    } catch {
      if error.code == .noBatchNorm, shardedCount > 0 { return [] }
      throw error.with(path: rank.path)
    }
    for site in sites where site.layout != .standard && site.layout != .frozen {
      throw CheckpointError(
        .unexpectedLayout, path: rank.path, name: site.name,
        "its layout is \(site.layout)",
        advice: site.layout.buffers == .rows
          ? "give the files that the individual ranks saved"
          : "map every rank's file with \(.mappingToStandard) first")
    }
    return sites
  }

  private static func refuse(
    _ differences: [[String]], among ranks: [RankCheckpoint]
  ) throws(CheckpointError) {
    let wrong = zip(ranks.dropFirst(), differences).filter { !$0.1.isEmpty }
    guard !wrong.isEmpty else { return }
    let shown = wrong.prefix(3).map { rank, differences in
      let more = differences.count > 3 ? " and \(differences.count - 3) more" : ""
      return "\(rank.path): " + differences.prefix(3).joined(separator: ", ") + more
    }
    let more = wrong.count > 3 ? "; and \(wrong.count - 3) more files" : ""
    throw CheckpointError(
      .ranksDiffer,
      "\(wrong.count) of \(ranks.count) ranks differ from rank 0 in more than BatchNorm buffers: "
        + shown.joined(separator: "; ") + more,
      advice: "gather files that the ranks of one job saved at the same step")
  }
}

extension StateDict {
  /// Refuses files that were scattered from different checkpoints.
  private static func refuseOtherSets(among ranks: [RankCheckpoint]) throws(CheckpointError) {
    let sets = ranks.compactMap { rank in rank.scatteredSet.map { (path: rank.path, set: $0) } }
    guard let first = sets.first, let other = sets.first(where: { $0.set != first.set }) else {
      return
    }
    throw CheckpointError(
      .invalidRanks, path: other.path,
      "it was scattered from another checkpoint than \(first.path)",
      advice: "scatter the checkpoint again, and give the files of one run")
  }

  /// Refuses files that were copied over one another. All ranks may have the same buffers, if they
  /// were broadcast; but if only some do, a file was copied.
  private static func refuseCopies(
    of keys: [String], among ranks: [RankCheckpoint]
  ) throws(CheckpointError) {
    var first: [[UInt32]: RankCheckpoint] = [:]
    var copy: (path: String, of: String)?
    for rank in ranks {
      defer { rank.releaseFiles() }
      let checksums = try keys.map { key throws(CheckpointError) in
        try rank.stateDict[key]?.storage.crc32() ?? 0
      }
      if let earlier = first[checksums] {
        copy = copy ?? (rank.path, earlier.path)
      } else {
        first[checksums] = rank
      }
    }
    guard let copy, first.count > 1 else { return }
    throw CheckpointError(
      .invalidRanks, path: copy.path,
      "its running statistics are identical to those of \(copy.of), but other ranks' differ",
      advice: "give each rank's own file")
  }
}

extension RankCheckpoint {
  /// The identity of the checkpoint that the file was scattered from; nil if it was not.
  fileprivate var scatteredSet: String? {
    checkpoint.history.last { $0["operation"] == "scatter" }?["set"]?.string
  }

  /// Releases the memory of files that are not being read: there is one for each rank.
  fileprivate func releaseFiles() {
    for (_, tensor) in stateDict.tensors { tensor.storage.releaseFile() }
  }

  /// Descriptions of the differences other than the buffers.
  ///
  /// Files of different formats may differ in what not every format stores: kinds of tensors,
  /// module versions, order.
  fileprivate func differences(
    from first: RankCheckpoint, except buffers: Set<CheckpointDictionary.Key>,
    within budget: MemoryBudget
  ) throws(CheckpointError) -> [String] {
    let difference: CheckpointDifference
    defer { releaseFiles() }
    do throws(CheckpointError) {
      difference = try CheckpointDifference(
        first.checkpoint, entry: first.entry, checkpoint, entry: entry,
        tolerance: NumberComparison.Tolerance(), within: budget, progress: { _ in })
    } catch {
      throw error.with(path: path)
    }
    let settingNames = Set(
      (checkpoint.batchNormSettings.entries + first.checkpoint.batchNormSettings.entries).map {
        CheckpointDictionary.Key.string($0.name)
      })
    let formatsOwn = format == first.format ? [] : ["kind", "metadata", "order", "tied_to", "type"]
    let different = difference.different.filter { item in
      let isExpected = item.why == "values" && buffers.contains(.string(item.name))
      let isSettings = item.why == "metadata" && settingNames.contains(.string(item.name))
      return !isExpected && !isSettings && !formatsOwn.contains(item.why)
    }
    let settings = checkpoint.batchNormSettings.entries.filter { name, settings in
      first.checkpoint.batchNormSettings[name].map(settings.contradicts) ?? false
    }
    return settings.map { "'\($0.name.visible())' has different settings: \($0.settings)" }
      + difference.onlyInA.map { "'\($0.visible())' is missing" }
      + difference.onlyInB.map { "'\($0.visible())' is not in rank 0's file" }
      + different.map { "'\($0.name.visible())' has different \($0.why)" }
  }
}
