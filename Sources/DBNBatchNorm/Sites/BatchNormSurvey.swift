public import DBNTensors

/// The BatchNorms of a state dict, in its order, and what looks like one but can't be read as one.
public struct BatchNormSurvey: Sendable {
  /// The BatchNorms that can be read, in the order of the state dict.
  public private(set) var sites: [BatchNormSite] = []
  /// What has running statistics and fits no layout, by module name, with the reason.
  public private(set) var unrecognised: [ConversionReport.Item] = []
  /// Modules of a `running_mean` of any shape, alone or with `running_var`, without a weight, bias
  /// or counter: they are not taken for BatchNorms, since normalisers of observations in
  /// reinforcement learning have just these. PyTorch's BatchNorm without affine parameters has had a counter since 0.4.1.
  public private(set) var lookalikes: [BatchNormSite] = []
  /// What the tensors leave open and a person may know, a sentence each.
  public private(set) var ambiguities: [String] = []

  /// What a person knows and names and shapes leave open.
  public struct Hint: Sendable {
    /// The layout of all BatchNorms that can be read in it.
    public var layout: BatchNormLayout
    /// V, where neither the shapes nor a weight determine it.
    public var worldSize: Int?
    /// C, where there is a model that knows it.
    public var features: Int?

    /// Makes a hint that all BatchNorms are in this layout.
    public init(_ layout: BatchNormLayout, worldSize: Int? = nil, features: Int? = nil) {
      self.layout = layout
      self.worldSize = worldSize
      self.features = features
    }
  }

  /// A BatchNorm is a module with running statistics under the names of a layout that is recognised by
  /// its names and shapes. InstanceNorm with running statistics has the same names as BatchNorm and
  /// can't be distinguished.
  ///
  /// - Parameters:
  ///   - hint: what to read all of them as.
  ///   - layouts: more layouts to recognise, before those known.
  ///   - known: what some BatchNorms are, by their modules' names, whatever they look like.
  ///   - included: patterns of names, as of `BatchNormSelection`: lookalikes that a person takes for
  ///     BatchNorms.
  public init(
    _ stateDict: StateDict, hint: Hint? = nil, layouts more: [BatchNormLayout] = [],
    known: [String: Hint] = [:], including included: [String] = []
  ) {
    let named = BatchNormSelection(include: included)
    let layouts = hint.map { [$0.layout] } ?? more + BatchNormLayout.recognisable
    let order = Dictionary(
      stateDict.names.enumerated().map { (CheckpointDictionary.Key.string($1), $0) },
      uniquingKeysWith: { first, _ in first })
    var taken: Set<CheckpointDictionary.Key> = []
    func isNamed(_ name: String) -> Bool { !included.isEmpty && named.contains(name) }
    // What a person or a model named needs no proof.
    func isKnown(_ name: String, _ layout: BatchNormLayout, _ hint: Hint?) -> Bool {
      hint != nil || more.contains(layout) || isNamed(name)
    }
    func take(_ name: String, _ layout: BatchNormLayout, _ hint: Hint?, key: String) {
      do throws(CheckpointError) {
        let found = try layout.site(named: name, in: stateDict, hint: hint)
        guard let found else { return }
        if found.isLookalike && !isKnown(name, layout, hint) {
          lookalikes.append(found)
        } else {
          sites.append(found)
        }
        taken.formUnion(found.keys.map { .string($0) })
      } catch {
        if !isKnown(name, layout, hint),
          let statistics = BatchNormSite(statisticsOf: name, in: stateDict)
        {
          lookalikes.append(statistics)
          taken.formUnion(statistics.keys.map { .string($0) })
        } else {
          unrecognised.append(ConversionReport.Item(name, error.reason))
          taken.insert(.string(key))
        }
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
        if !isNamed(name), let statistics = BatchNormSite(statisticsOf: name, in: stateDict) {
          lookalikes.append(statistics)
        } else {
          let shape = stateDict[key]?.shape ?? []
          let mean = BatchNormLayout.standard.key(of: .runningMean)
          unrecognised.append(.init(name, "\(mean) has the shape \(shape)"))
        }
      } else if let item = Self.undecided(key, in: stateDict) {
        unrecognised.append(item)
      }
    }
    ambiguities = Self.ambiguities(of: sites, in: stateDict)
    lookalikes.sort {
      order[.string($0.keys[0]), default: 0] < order[.string($1.keys[0]), default: 0]
    }
    sites.sort { order[.string($0.keys[0]), default: 0] < order[.string($1.keys[0]), default: 0] }
  }
}

extension BatchNormSurvey {
  /// The lookalikes by name, and why they are left alone.
  public var leftAlone: [ConversionReport.Item] {
    lookalikes.map { .init($0.name, Self.reason($0)) }
  }

  private static func reason(_ lookalike: BatchNormSite) -> String {
    let (mean, variance) = (
      BatchNormQuantity.runningMean.rawValue, BatchNormQuantity.runningVar.rawValue
    )
    let has = lookalike.tensors.count > 1 ? "\(mean) and \(variance) alone" : "\(mean) alone"
    let missing = lookalike.tensors.count > 1 ? "weight" : "\(variance), weight"
    let text =
      "it has \(has), without \(missing) and num_batches_tracked, and is not taken for a BatchNorm: "
      + "normalisers of observations look like this"
    return lookalike.isReadable ? text + "; if it is a BatchNorm, name it with --include" : text
  }
}

extension BatchNormSite {
  /// Whether it has nothing but running statistics, under names that others use too.
  fileprivate var isLookalike: Bool {
    tensors.allSatisfy {
      [.runningMean, .runningVar].contains($0.quantity) && $0.key == $0.quantity.rawValue
    }
  }

  /// Whether it can be read as a BatchNorm of the standard layout: statistics of another shape, or
  /// a running mean alone, have no features.
  fileprivate var isReadable: Bool { features > 0 }

  /// Running statistics that no layout has, of whatever shape, in a module without a weight, bias or
  /// counter: not a BatchNorm's. Nil for another module.
  fileprivate init?(statisticsOf name: String, in stateDict: StateDict) {
    let module = ModuleTensors(name: name, stateDict: stateDict)
    let tensors = BatchNormLayout.standard.siteTensors(worldSize: 1)
    let statistics = tensors.filter { [.runningMean, .runningVar].contains($0.quantity) }
    let others = tensors.filter { ![.runningMean, .runningVar].contains($0.quantity) }
    guard module[statistics[0].key] != nil, others.allSatisfy({ module[$0.key] == nil }) else {
      return nil
    }
    self.init(
      name: name, layout: .standard, features: 0, worldSize: 1, isAffine: false, hasCounter: false,
      tensors: statistics.filter { module[$0.key] != nil })
  }

  /// The BatchNorm of this name, if the state dict has its running statistics.
  ///
  /// - Parameters:
  ///   - features: C, which the model knows.
  ///   - layouts: more layouts to recognise, before those known.
  /// - Throws: `unexpectedLayout` when its tensors don't fit each other.
  package static func find(
    _ name: String, features: Int, in stateDict: StateDict, layouts more: [BatchNormLayout] = []
  ) throws(CheckpointError) -> BatchNormSite? {
    for layout in more + BatchNormLayout.recognisable {
      let hint = BatchNormSurvey.Hint(layout, features: features)
      if let site = try layout.site(named: name, in: stateDict, hint: hint) { return site }
    }
    return nil
  }
}
