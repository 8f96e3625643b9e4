public import DBNTensors

/// The BatchNorms of a state dict, in its order, and modules that look like one but can't be read
/// as one.
public struct BatchNormSurvey: Sendable {
  /// The BatchNorms that can be read, in the order of the state dict.
  public private(set) var sites: [BatchNormSite] = []
  /// Modules with running statistics that fit no layout, by name, with the reason.
  public private(set) var unrecognised: [ConversionReport.Item] = []
  /// Modules with a `running_mean` of any shape, alone or with `running_var`, but no weight, bias
  /// or counter. They are not taken for BatchNorms, because observation normalisers in
  /// reinforcement learning have the same tensors. PyTorch's BatchNorm without affine parameters
  /// has had a counter since 0.4.1.
  public private(set) var lookalikes: [BatchNormSite] = []
  /// Modules that are no BatchNorms by their class, which the file names.
  private var ofOtherClasses: [ConversionReport.Item] = []
  /// What the tensors leave open and the user may know, in one sentence each.
  public private(set) var ambiguities: [Guidance] = []

  /// What names and shapes leave open, as stated by the user or a model.
  public struct Hint: Sendable {
    /// The layout in which all BatchNorms that fit it are read.
    public var layout: BatchNormLayout
    /// V, for when neither the shapes nor a weight determine it.
    public var worldSize: Int?
    /// C, if there is a model that knows it.
    public var features: Int?

    /// Whether it only says what numbered variables are where the file leaves that open; then all
    /// other BatchNorms are read as without it.
    var isAnswer: Bool { layout.numbering != nil }

    /// Makes a hint that all BatchNorms are in this layout.
    public init(_ layout: BatchNormLayout, worldSize: Int? = nil, features: Int? = nil) {
      self.layout = layout
      self.worldSize = worldSize
      self.features = features
    }
  }

  /// Finds the BatchNorms: modules with running statistics whose names and shapes fit a layout.
  /// InstanceNorm with running statistics has the same names, and can be distinguished only by its
  /// class, if the file has it.
  ///
  /// - Parameters:
  ///   - hint: how to read all of them; a layout that numbers variables is used only where nothing
  ///     else shows what they are.
  ///   - layouts: more layouts to recognise, tried before the known ones.
  ///   - known: hints for single BatchNorms by module name, whatever they look like.
  ///   - included: patterns of names, as in `NameSelection`, of lookalikes that the user takes
  ///     for BatchNorms.
  public init(
    _ stateDict: StateDict, hint: Hint? = nil, layouts more: [BatchNormLayout] = [],
    known: [String: Hint] = [:], including included: [String] = []
  ) {
    let named = NameSelection(include: included)
    let stated = StatedLayouts(stateDict)
    let recognises = hint?.isAnswer ?? true
    let layouts =
      (hint.map { [$0.layout] } ?? []) + (recognises ? more + BatchNormLayout.recognisable : [])
    let known = recognises ? stated.hints.merging(known) { $1 } : known
    let order = Dictionary(
      stateDict.names.enumerated().map { (CheckpointDictionary.Key.string($1), $0) },
      uniquingKeysWith: { first, _ in first })
    var taken: Set<CheckpointDictionary.Key> = []
    func isNamed(_ name: String) -> Bool { !included.isEmpty && named.contains(name) }
    // A BatchNorm that the user or a model named needs no further evidence.
    func isKnown(_ name: String, _ layout: BatchNormLayout, _ hint: Hint?) -> Bool {
      hint != nil || more.contains(layout) || isNamed(name)
    }
    func take(_ name: String, _ layout: BatchNormLayout, _ hint: Hint?, key: String) {
      if let className = stateDict.otherNorms[name], !isKnown(name, layout, hint) {
        ofOtherClasses.append(.init(name, Self.reason(className)))
        taken.insert(.string(key))
        return
      }
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
        if layout.numbering != nil, stated.isOther(name) { continue }
        take(name, layout, layout == hint?.layout ? hint : nil, key: key)
      }
    }
    unrecognised += hint.map { stated.contradictions(to: $0.layout) } ?? []
    for key in stateDict.names where recognises && !taken.contains(.string(key)) {
      if let name = BatchNormLayout.standard.moduleName(of: key) {
        if !isNamed(name), let statistics = BatchNormSite(statisticsOf: name, in: stateDict) {
          lookalikes.append(statistics)
        } else {
          let mean = BatchNormLayout.standard.key(of: .runningMean)
          let module = ModuleTensors(name: name, stateDict: stateDict)
          let shape = module[mean]?.shape
          unrecognised.append(
            .init(name, shape.map { "\(mean) has the shape \($0)" } ?? module.whyNoTensor(mean)))
        }
      } else if let item = Self.undecided(key, in: stateDict, stated) {
        unrecognised.append(item)
      }
    }
    ambiguities = Self.ambiguities(of: sites, in: stateDict, stated)
    lookalikes.sort {
      order[.string($0.keys[0]), default: 0] < order[.string($1.keys[0]), default: 0]
    }
    sites.sort { order[.string($0.keys[0]), default: 0] < order[.string($1.keys[0]), default: 0] }
  }
}

extension BatchNormSurvey {
  /// The modules that are not taken for BatchNorms by name, and why they are left alone.
  public var leftAlone: [ConversionReport.Item] {
    ofOtherClasses
      + lookalikes.map {
        .init(
          $0.name, Self.reason($0),
          advice: $0.isReadable ? "if it is a BatchNorm, name it with \(.including($0.name))" : nil)
      }
  }

  private static func reason(_ className: String) -> String {
    "it is of the class \(className.split(separator: ".").last ?? ""), which has the same tensors and "
      + "normalises each sample by itself: it is left as it is"
  }

  private static func reason(_ lookalike: BatchNormSite) -> String {
    let (mean, variance) = (
      BatchNormQuantity.runningMean.rawValue, BatchNormQuantity.runningVar.rawValue
    )
    let has = lookalike.tensors.count > 1 ? "\(mean) and \(variance)" : "\(mean)"
    let missing = lookalike.tensors.count > 1 ? "weight" : "\(variance), weight"
    return
      "it has only \(has), without \(missing) and num_batches_tracked, and is not treated as a "
      + "BatchNorm: normalisers of observations look like this"
  }
}

extension BatchNormSite {
  /// Whether it has only running statistics, under names that other modules use too.
  fileprivate var isLookalike: Bool {
    tensors.allSatisfy {
      [.runningMean, .runningVar].contains($0.quantity) && $0.key == $0.quantity.rawValue
    }
  }

  /// Whether it can be read as a BatchNorm in the standard layout. `features` is 0 for statistics
  /// of another shape, and for a running mean alone.
  fileprivate var isReadable: Bool { features > 0 }

  /// A lookalike: running statistics of any shape that fit no layout, in a module without a weight,
  /// bias or counter. Nil for any other module.
  fileprivate init?(statisticsOf name: String, in stateDict: StateDict) {
    let module = ModuleTensors(name: name, stateDict: stateDict)
    let tensors = BatchNormLayout.standard.siteTensors(worldSize: 1)
    let statistics = tensors.filter { [.runningMean, .runningVar].contains($0.quantity) }
    let others = tensors.filter { ![.runningMean, .runningVar].contains($0.quantity) }
    guard module[statistics[0].key] != nil, others.allSatisfy({ module[$0.key] == nil }),
      !tensors.contains(where: { module.isUnreadable($0.key) })
    else { return nil }
    self.init(
      name: name, layout: .standard, features: 0, worldSize: 1, isAffine: false, hasCounter: false,
      tensors: statistics.filter { module[$0.key] != nil })
  }

  /// The BatchNorm with this name, if the state dict has its running statistics.
  ///
  /// - Parameters:
  ///   - features: C, which the model knows.
  ///   - layouts: more layouts to recognise, tried before the known ones.
  /// - Throws: `unexpectedLayout` when its tensors don't fit each other.
  package static func find(
    _ name: String, features: Int, in stateDict: StateDict, layouts more: [BatchNormLayout] = []
  ) throws(CheckpointError) -> BatchNormSite? {
    let stated = StatedLayouts(stateDict)[name].map { [$0] }
    for layout in stated ?? more + BatchNormLayout.recognisable {
      let hint = BatchNormSurvey.Hint(layout, features: features)
      if let site = try layout.site(named: name, in: stateDict, hint: hint) { return site }
    }
    let module = ModuleTensors(name: name, stateDict: stateDict)
    let mean = BatchNormLayout.standard.key(of: .runningMean)
    if module.isUnreadable(mean) {
      throw CheckpointError(.unexpectedLayout, name: name, module.whyNoTensor(mean))
    }
    return nil
  }
}
