import DBNBatchNorm
public import DBNTensors

extension StateDict {
  /// The state dict that each rank of V would have saved: row i of every BatchNorm's buffers as
  /// rank i's own, everything else the same.
  ///
  /// - Returns: V state dicts with standard BatchNorms.
  /// - Throws: `unexpectedLayout` unless all BatchNorms are replicated with the same V, in layouts
  ///   whose devices share weights; `noBatchNorm`.
  public func scattering() throws(CheckpointError) -> [StateDict] {
    let sites = BatchNormSurvey(self).sites
    guard let first = sites.first else {
      throw CheckpointError(
        .noBatchNorm, "the state dict has no BatchNorm, so all ranks would get the same file")
    }
    for site in sites {
      guard [.replicated, .ghost, .sub].contains(site.layout), site.worldSize == first.worldSize
      else {
        throw CheckpointError(
          .unexpectedLayout, name: site.name,
          "its layout is \(site.layout) with world size \(site.worldSize); every BatchNorm needs a "
            + "row of statistics for each rank, and the first's world size, \(first.worldSize)",
          advice: "map it with \(.mappingToDistributed) first")
      }
    }
    var ranks: [StateDict] = []
    for rank in 0..<first.worldSize {
      ranks.append(try replica(rank))
    }
    return ranks
  }
}
