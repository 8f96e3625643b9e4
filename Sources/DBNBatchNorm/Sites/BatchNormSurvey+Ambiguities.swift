import DBNTensors

extension BatchNormSurvey {
  /// The module that a running mean belongs to, if it fits more than one layout.
  static func undecided(
    _ key: String, in stateDict: StateDict
  ) -> ConversionReport.Item? {
    let candidates = BatchNormLayout.undecided.filter { layout in
      guard let name = layout.moduleName(of: key) else { return false }
      let module = ModuleTensors(name: name, stateDict: stateDict)
      return layout.numbering?.areVariables(of: module) ?? false
    }
    guard candidates.count > 1, let name = candidates[0].moduleName(of: key) else { return nil }
    let names = candidates.map(\.name).joined(separator: " or ")
    return .init(
      name, "its keys and shapes are those of more layouts than one",
      advice: "say which with \(.sourceLayout(names))")
  }

  static func ambiguities(of sites: [BatchNormSite], in stateDict: StateDict) -> [Guidance] {
    var sentences: [Guidance] = []
    let plain = sites.filter { $0.layout == .standard }
    if !plain.isEmpty {
      sentences.append(
        "buffers [C] are taken for standard BatchNorm's; first-device ones, ghost and split ones of "
          + "one device and InstanceNorm's look the same (leave out by name with \(.excluding))")
    }
    let bare = plain.filter { !$0.isAffine }
    if let first = bare.first {
      sentences.append(
        "\(bare.count) without a weight to tell C from V * C, such as '\(first.name)', are taken "
          + "for \(first.features) features of one device; if they are ghost ones, say "
          + "\(.sourceLayout("ghost")) and \(.worldSize)")
    }
    let alone = alone(plain, in: stateDict)
    if let first = alone.first {
      sentences.append(
        "\(alone.count) called bn with nothing beside them, such as '\(first.name)', are taken for "
          + "standard ones; if they are TabNet's, say \(.sourceLayout("nested"))")
    }
    sentences += BatchNormLayout.recognisable.compactMap { layout in
      let open = open(layout, in: stateDict)
      guard let first = open.first else { return nil }
      return
        "\(open.count), such as '\(first)', may be BatchNorms without scale and center, or others "
        + "with as many vectors, and are left alone; if they are, say \(.sourceLayout(layout.name))"
    }
    if sites.contains(where: { $0.layout == .frozen }) {
      sentences.append(
        "without counters they are taken for frozen BatchNorms; standard ones from before PyTorch "
          + "0.4.1 look the same")
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
      for place in name.indices where name[place] == "." { counts[name[..<place], default: 0] += 1 }
    }
    return called.filter { site in
      counts[site.name.dropLast(suffix.count)] == site.keys.count
    }
  }
}
