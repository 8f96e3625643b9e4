public import Tensors

/// The BatchNorms of a state dict, in its order, and what looks like one but can't be read as one.
public struct BatchNormSurvey: Sendable {
  public private(set) var sites: [BatchNormSite] = []
  public private(set) var unrecognised: [ConversionReport.Item] = []
  /// What the tensors leave open and a person may know, a sentence each.
  public private(set) var ambiguities: [String] = []

  /// What a person knows that the tensors don't say.
  public struct Hint: Sendable {
    /// The layout of all BatchNorms that can be read in it.
    public var layout: BatchNormLayout
    /// V, where neither the shapes nor a weight tell it.
    public var worldSize: Int?
    /// C, where there is a model that knows it.
    public var features: Int?

    public init(_ layout: BatchNormLayout, worldSize: Int? = nil, features: Int? = nil) {
      self.layout = layout
      self.worldSize = worldSize
      self.features = features
    }
  }

  /// A BatchNorm is a module with running statistics under the names of a layout that can be told by
  /// its names and shapes. InstanceNorm with running statistics has the same names as BatchNorm and
  /// can't be told apart.
  ///
  /// - Parameters:
  ///   - hint: what to read all of them as.
  ///   - layouts: more that names and shapes can tell, before those known.
  ///   - known: what certain ones are, by their modules' names, whatever they look like.
  public init(
    _ stateDict: StateDict, hint: Hint? = nil, layouts more: [BatchNormLayout] = [],
    known: [String: Hint] = [:]
  ) {
    let layouts = hint.map { [$0.layout] } ?? more + BatchNormLayout.recognisable
    let order = Dictionary(
      stateDict.names.enumerated().map { (CheckpointDictionary.Key.string($1), $0) },
      uniquingKeysWith: { first, _ in first })
    var taken: Set<CheckpointDictionary.Key> = []
    func take(_ name: String, _ layout: BatchNormLayout, _ hint: Hint?, key: String) {
      do throws(CheckpointError) {
        let found = try layout.site(named: name, in: stateDict, hint: hint)
        guard let found else { return }
        sites.append(found)
        taken.formUnion(found.keys.map { .string($0) })
      } catch {
        unrecognised.append(ConversionReport.Item(name, error.reason))
        taken.insert(.string(key))
      }
    }
    for (name, hint) in known { take(name, hint.layout, hint, key: name) }
    for layout in layouts {
      for key in stateDict.names where !taken.contains(.string(key)) {
        guard let name = layout.moduleName(of: key) else { continue }
        take(name, layout, hint, key: key)
      }
    }
    for key in stateDict.names where hint == nil && !taken.contains(.string(key)) {
      if let name = BatchNormLayout.standard.moduleName(of: key) {
        let shape = stateDict[key]?.shape ?? []
        unrecognised.append(.init(name, "running_mean has the shape \(shape)"))
      } else if let item = Self.undecided(key, in: stateDict) {
        unrecognised.append(item)
      }
    }
    ambiguities = Self.ambiguities(of: sites, in: stateDict)
    sites.sort { order[.string($0.keys[0]), default: 0] < order[.string($1.keys[0]), default: 0] }
  }
}

extension BatchNormSurvey {
  /// The module of a running mean, if it could be in one layout as well as in another.
  private static func undecided(
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
      name, "its keys and shapes are those of more layouts than one (say --from-layout \(names))")
  }

  private static func ambiguities(of sites: [BatchNormSite], in stateDict: StateDict) -> [String] {
    var sentences: [String] = []
    let plain = sites.filter { $0.layout == .standard }
    if !plain.isEmpty {
      sentences.append(
        "buffers [C] are taken for standard BatchNorm's; first-device ones, ghost and split ones of "
          + "one device and InstanceNorm's look the same (leave out by name with --exclude)")
    }
    let bare = plain.filter { !$0.isAffine }
    if let first = bare.first {
      sentences.append(
        "\(bare.count) without a weight to tell C from V * C, such as '\(first.name)', are taken "
          + "for \(first.features) features of one device; if they are ghost ones, say --from-layout "
          + "ghost and --world-size V")
    }
    let alone = alone(plain, in: stateDict)
    if let first = alone.first {
      sentences.append(
        "\(alone.count) called bn with nothing beside them, such as '\(first.name)', are taken for "
          + "standard ones; if they are TabNet's, say --from-layout nested")
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
  /// Those that are all there is of the module that they are in, and called as in TabNet.
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

extension BatchNormSite {
  /// The BatchNorm of this name, if the state dict has its running statistics.
  ///
  /// - Parameter features: C, which the model knows.
  /// - Throws: `unexpectedLayout` when its tensors don't fit each other.
  package static func find(
    _ name: String, features: Int, in stateDict: StateDict
  ) throws(CheckpointError) -> BatchNormSite? {
    for layout in BatchNormLayout.recognisable {
      let hint = BatchNormSurvey.Hint(layout, features: features)
      if let site = try layout.site(named: name, in: stateDict, hint: hint) { return site }
    }
    return nil
  }
}
