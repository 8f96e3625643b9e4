public import DBNTensors

extension BatchNormSettingsTable {
  /// The known settings of a BatchNorm in a state dict, whatever its layout.
  public func settings(of site: BatchNormSite) -> BatchNormSettings {
    let key = site.bufferKeys.first ?? site.name
    let module = key.split(separator: ".", omittingEmptySubsequences: false).dropLast()
    return settings(ofModule: module.joined(separator: "."))
  }
}
