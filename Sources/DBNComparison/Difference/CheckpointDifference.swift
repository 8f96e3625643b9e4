public import DBNTensors

/// The differences between two checkpoints: keys, types, shapes, values, order, ties, metadata.
///
/// Inside the state dicts, names are relative, so the two may be at different entries. Everything
/// around them is compared by its path.
public struct CheckpointDifference: Sendable {
  /// An entry that both have and that differs.
  public struct Item: Sendable, Equatable {
    /// The path of the entry: `state_dict/conv1.weight`.
    public let name: String
    /// `type`, `dtype`, `shape`, `values`, `order`, `tied_to`, `kind`, `length`, `metadata` or
    /// `not compared`, for what could not be read in either.
    public let why: String
    /// A description of both sides, if it adds anything to the reason.
    public var detail: String?
    /// The largest difference of two elements, for real numbers.
    public var maxAbsolute: Double?

    init(_ name: String, _ why: String, _ detail: String? = nil, maxAbsolute: Double? = nil) {
      self.name = name
      self.why = why
      self.detail = detail
      self.maxAbsolute = maxAbsolute
    }
  }

  /// Entries that only the first checkpoint has, in its order.
  public internal(set) var onlyInA: [String] = []
  /// Entries that only the second checkpoint has, in its order.
  public internal(set) var onlyInB: [String] = []
  /// Entries that both have and that differ, with the reasons.
  public internal(set) var different: [Item] = []
  /// How many tensors both have.
  public internal(set) var tensorsCompared = 0

  /// Whether the two checkpoints are the same.
  public var isEqual: Bool { onlyInA.isEmpty && onlyInB.isEmpty && different.isEmpty }

  /// - Parameters:
  ///   - entryA: where the state dict of `a` is; nil if it has none.
  ///   - tolerance: how far apart real numbers may be; by default they must be equal to the last
  ///     bit.
  ///   - progress: called repeatedly with the number of bytes that were just compared.
  public init(
    _ a: Checkpoint, entry entryA: EntryPath?, _ b: Checkpoint, entry entryB: EntryPath?,
    tolerance: NumberComparison.Tolerance = NumberComparison.Tolerance(),
    progress: @escaping (Int) -> Void = { _ in }
  ) throws(CheckpointError) {
    try self.init(
      a, entry: entryA, b, entry: entryB, tolerance: tolerance, within: nil, progress: progress)
  }

  /// The same for one of several comparisons that run concurrently and share a memory budget.
  init(
    _ a: Checkpoint, entry entryA: EntryPath?, _ b: Checkpoint, entry entryB: EntryPath?,
    tolerance: NumberComparison.Tolerance, within budget: MemoryBudget?,
    progress: @escaping (Int) -> Void
  ) throws(CheckpointError) {
    var comparison = TreeComparison(tolerance: tolerance, within: budget, progress: progress)
    if let entryA, let entryB {
      let (stateDictA, stateDictB) = (
        try a.stateDict(at: entryA), try b.stateDict(at: entryB)
      )
      let (inA, inB) = (
        CheckpointValue.dictionary(stateDictA.dictionary),
        CheckpointValue.dictionary(stateDictB.dictionary)
      )
      try comparison.compare(inA, inB, at: EntryPath())
      comparison.compareTies(inA, inB)
      try comparison.compareSurroundings(of: entryA, in: a, entryB, in: b)
    } else {
      try comparison.compare(a.root, b.root, at: EntryPath())
      comparison.compareTies(a.root, b.root)
    }
    self = comparison.difference
    compareGraphs(a.graph, b.graph)
    compareSettings(a.batchNormSettings, b.batchNormSettings)
    try compareModules(a.modules, b.modules)
  }

  /// Compares the graphs as text.
  private mutating func compareGraphs(_ a: String?, _ b: String?) {
    guard a != b else { return }
    let detail =
      switch (a, b) {
      case (nil, _): "only in b"
      case (_, nil): "only in a"
      default: "the programs' texts differ, which need not change what they compute"
      }
    different.append(Item("graph", "metadata", detail))
  }

  /// Compares epsilon and momentum of each BatchNorm.
  private mutating func compareSettings(_ a: BatchNormSettingsTable, _ b: BatchNormSettingsTable) {
    for (name, _) in a.filled(from: b).entries {
      let (inA, inB) = (a[name] ?? BatchNormSettings(), b[name] ?? BatchNormSettings())
      if inA != inB { different.append(Item(name, "metadata", "\(inA) and \(inB)")) }
    }
  }

  /// Compares the classes and settings of whole models.
  private mutating func compareModules(
    _ a: [ModuleDescription], _ b: [ModuleDescription]
  ) throws(CheckpointError) {
    guard !a.isEmpty, !b.isEmpty else {
      if a.isEmpty != b.isEmpty {
        let detail = a.isEmpty ? "only in b" : "only in a"
        different.append(Item("classes and settings of modules", "metadata", detail))
      }
      return
    }
    var comparison = TreeComparison(tolerance: NumberComparison.Tolerance())
    try comparison.compare(a.mapping, b.mapping, at: EntryPath())
    onlyInA += comparison.difference.onlyInA
    onlyInB += comparison.difference.onlyInB
    different += comparison.difference.different
  }

  init() {}
}

extension [ModuleDescription] {
  /// The classes and settings by the path of the module.
  fileprivate var mapping: CheckpointValue {
    var modules = CheckpointDictionary()
    for description in self {
      var settings = CheckpointDictionary()
      settings.set(.string("class"), to: .string(description.className))
      for (name, value) in description.settings {
        settings.set(.string("settings.\(name)"), to: value)
      }
      let path = description.entry.appending(.string(description.name))
      modules.set(.string("module \(path)"), to: .dictionary(settings))
    }
    return .dictionary(modules)
  }
}
