import DBNBatchNorm
package import DBNTensors

extension Checkpoint {
  /// The devices of its BatchNorms, if the last mapping in its history made all of them first-device
  /// BatchNorms, which no tensor shows.
  package func firstDevice(of stateDict: StateDict) -> BatchNormStatement.FirstDevice? {
    let mappings = ["to-distributed", "to-standard", "gather", "scatter"]
    let last = history.last { $0["operation"]?.string.map(mappings.contains) ?? false }
    guard let last, last["layout"]?.string == BatchNormLayout.firstDevice.name,
      let worldSize = last["world_size"]?.int, 1...StateDict.worldSizeLimit ~= worldSize,
      last["batch_norms"]?.int == BatchNormSurvey(stateDict).sites.count
    else { return nil }
    return BatchNormStatement.FirstDevice(worldSize: worldSize)
  }
}
