public import DBNTensors

/// What differs between two checkpoints: keys, types, shapes, values, order, ties, metadata.
///
/// The state dicts are compared with names relative to them, wherever they are in their files;
/// everything around them by its path.
public struct CheckpointDifference: Sendable {
  /// Something that both have and that is not the same.
  public struct Item: Sendable, Equatable {
    /// The path of the entry: `state_dict/conv1.weight`.
    public let name: String
    /// `type`, `dtype`, `shape`, `values`, `order`, `tied_to`, `kind`, `length` or `metadata`.
    public let why: String
    /// Both sides in words, where that is more than the reason.
    public var detail: String?
    /// The largest difference of two elements, of real numbers.
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
  /// Entries that both have and that differ, with how.
  public internal(set) var different: [Item] = []
  /// How many tensors both have.
  public internal(set) var tensorsCompared = 0

  /// Whether the two checkpoints hold the same.
  public var isEqual: Bool { onlyInA.isEmpty && onlyInB.isEmpty && different.isEmpty }

  /// - Parameters:
  ///   - entryA: where the state dict of `a` is, nil where it has none.
  ///   - tolerance: how far real numbers may be apart; by default not at all, to the last bit.
  ///   - progress: called along the way with the number of bytes that were just compared.
  public init(
    _ a: Checkpoint, entry entryA: EntryPath?, _ b: Checkpoint, entry entryB: EntryPath?,
    tolerance: NumberComparison.Tolerance = NumberComparison.Tolerance(),
    progress: @escaping (Int) -> Void = { _ in }
  ) throws(CheckpointError) {
    var comparison = TreeComparison(tolerance: tolerance, progress: progress)
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
  }

  /// The graphs are compared as they are written.
  private mutating func compareGraphs(_ a: String?, _ b: String?) {
    guard a != b else { return }
    let detail: String? = a == nil ? "only in b" : b == nil ? "only in a" : nil
    different.append(Item("graph", "metadata", detail))
  }

  /// Epsilon and momentum, by BatchNorm.
  private mutating func compareSettings(_ a: BatchNormSettingsTable, _ b: BatchNormSettingsTable) {
    for (name, _) in a.filled(from: b).entries {
      let (inA, inB) = (a[name] ?? BatchNormSettings(), b[name] ?? BatchNormSettings())
      if inA != inB { different.append(Item(name, "metadata", "\(inA) and \(inB)")) }
    }
  }

  init() {}
}
