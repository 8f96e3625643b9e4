import DBNBatchNorm
public import DBNTensors

extension StateDict {
  /// The state dict that each rank of V would have saved: row i of every BatchNorm's buffers as
  /// rank i's own, everything else the same.
  ///
  /// - Parameter selection: the BatchNorms that are scattered; all ranks get the others unchanged.
  /// - Returns: V state dicts with standard BatchNorms.
  /// - Throws: `unexpectedLayout` unless all BatchNorms are replicated with the same V, in layouts
  ///   whose devices share weights; `noBatchNorm`.
  public func scattering(_ selection: NameSelection = .all) throws(CheckpointError) -> [StateDict] {
    let sites = try SelectedSites(self, selection: selection).sites
    let worldSize = sites.first(where: \.hasRankRows)?.worldSize ?? 1
    for site in sites where !site.hasRankRows || site.worldSize != worldSize {
      let ranks = worldSize > 1 ? "the \(worldSize) ranks" : "several ranks"
      throw CheckpointError(
        .unexpectedLayout, name: site.name,
        "its layout is \(site.layout) with world size \(site.worldSize); every BatchNorm needs a "
          + "row of statistics for each of \(ranks)",
        advice: site.hasRankRows
          ? "map all to one world size with \(.mappingToDistributed) and \(.mergeRule) first"
          : "map it with \(.mappingToDistributed) first")
    }
    var ranks: [StateDict] = []
    for rank in 0..<worldSize {
      ranks.append(try replica(rank, of: selection))
    }
    return ranks
  }
}

extension BatchNormSite {
  /// Whether each device has a row of statistics, and all share the weights.
  fileprivate var hasRankRows: Bool { [.replicated, .ghost, .sub].contains(layout) }
}
