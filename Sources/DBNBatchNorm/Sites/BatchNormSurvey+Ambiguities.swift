import DBNTensors

extension BatchNormSurvey {
  /// The module that a running mean belongs to, if it fits more than one layout.
  static func undecided(
    _ key: String, in stateDict: StateDict, _ stated: StatedLayouts
  ) -> ConversionReport.Item? {
    let candidates = BatchNormLayout.undecided.filter { layout in
      guard let name = layout.moduleName(of: key) else { return false }
      let module = ModuleTensors(name: name, stateDict: stateDict)
      return layout.numbering?.areVariables(of: module) ?? false
    }
    guard candidates.count > 1, let name = candidates[0].moduleName(of: key), !stated.isOther(name)
    else { return nil }
    let names = candidates.map(\.name).joined(separator: " or ")
    return .init(
      name, "its keys and shapes fit more than one layout",
      advice:
        "name the right one with \(.sourceLayout(names)), or give the .h5 that model.save('model.h5') "
        + "writes, which names the weights")
  }

  static func ambiguities(
    of sites: [BatchNormSite], in stateDict: StateDict, _ stated: StatedLayouts
  ) -> [Guidance] {
    var sentences: [Guidance] = []
    let plain = sites.filter { $0.layout == .standard }
    if !plain.isEmpty {
      sentences.append(
        "buffers of the shape [C] are read as standard BatchNorms; first-device BatchNorms, ghost "
          + "and split BatchNorms of one device, and InstanceNorms look the same (leave modules "
          + "out by name with \(.excluding))")
    }
    let bare = plain.filter { !$0.isAffine }
    if let first = bare.first {
      sentences.append(
        "BatchNorms without a weight, \(bare.count) in all, could be ghost BatchNorms of several "
          + "devices; '\(first.name)' is read as \(first.features) features on one device; if they "
          + "are ghost BatchNorms, give \(.sourceLayout("ghost")) and \(.worldSize)")
    }
    let alone = alone(plain, in: stateDict)
    if let first = alone.first {
      sentences.append(
        "modules called bn that are alone in their parent, such as '\(first.name)', \(alone.count) "
          + "in all, are read as standard BatchNorms; if they are TabNet's, give "
          + "\(.sourceLayout("nested"))")
    }
    sentences += BatchNormLayout.recognisable.compactMap { layout in
      let open = open(layout, in: stateDict).filter { !stated.includes($0) }
      guard let first = open.first else { return nil }
      return
        "modules such as '\(first)', \(open.count) in all, may be BatchNorms without scale and "
        + "center, or other layers with as many vectors, and are left unchanged; if they are "
        + "BatchNorms, give \(.sourceLayout(layout.name))"
    }
    if sites.contains(where: { $0.layout == .frozen }) {
      sentences.append(
        "BatchNorms without num_batches_tracked are read as frozen; standard ones from before "
          + "PyTorch 0.4.1 look the same")
    }
    return sentences
  }
}

extension BatchNormSurvey {
  /// The modules with the variables of a layout whose names don't show what they are.
  private static func open(_ layout: BatchNormLayout, in stateDict: StateDict) -> [String] {
    guard let numbering = layout.numbering else { return [] }
    return stateDict.names.compactMap { layout.moduleName(of: $0) }.filter { name in
      numbering.isOpen(name)
        && numbering.areVariables(of: ModuleTensors(name: name, stateDict: stateDict))
    }
  }

  /// The BatchNorms that are their parent module's only content and are named as in TabNet.
  private static func alone(
    _ sites: [BatchNormSite], in stateDict: StateDict
  ) -> [BatchNormSite] {
    let suffix = ".bn"
    let called = sites.filter { $0.name.hasSuffix(suffix) }
    guard !called.isEmpty else { return [] }
    var counts: [Substring: Int] = [:]
    for name in stateDict.names {
      for dot in name.indices where name[dot] == "." { counts[name[..<dot], default: 0] += 1 }
    }
    return called.filter { site in
      counts[site.name.dropLast(suffix.count)] == site.keys.count
    }
  }
}
