public import DBNTensors

extension BatchNormSettingsTable {
  /// What is known of a BatchNorm of a state dict, whatever layout keeps it.
  public func settings(of site: BatchNormSite) -> BatchNormSettings {
    let key = site.bufferKeys.first ?? site.name
    let module = key.split(separator: ".", omittingEmptySubsequences: false).dropLast()
    return settings(ofModule: module.joined(separator: "."))
  }
}
