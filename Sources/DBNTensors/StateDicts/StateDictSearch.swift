/// One pass over a checkpoint's tree that finds its state dicts.
///
/// A mapping with string keys that directly holds tensors is a candidate. Of nested candidates only
/// the best is accepted: what is inside it belongs to it, and what is around it is only a wrapper.
/// So accepted candidates never contain one another.
///
/// Takes time proportional to the tree's size, and stores nothing per name.
struct StateDictSearch {
  /// What counts as a candidate.
  enum Kind {
    /// Mappings of names to tensors.
    case named
    /// Lists, tuples and mappings without names that hold tensors.
    case nameless
  }

  fileprivate struct Candidate {
    /// The container's number, in the order of the traversal.
    let number: Int
    let path: EntryPath
    let rank: StateDictRank
    let tensorCount: Int
  }

  private let kind: Kind
  /// Whether scalar tensors are enough. Losses and counters are such tensors too.
  private let takesScalars: Bool
  private let hasGraph: Bool
  private var path = EntryPath()
  private var visited = 0
  private var accepted: [Candidate] = []
  /// Candidates that are not better than this are dropped: enough are known already.
  private var threshold: StateDictRank?

  /// The accepted candidates, best first, equal ranks in file order: at most
  /// `CheckpointLimits.stateDicts`.
  ///
  /// - Parameter takesScalars: whether scalar tensors alone make a candidate.
  static func run(
    _ kind: Kind, in checkpoint: Checkpoint, takesScalars: Bool
  ) -> [Result] {
    var search = Self(kind: kind, takesScalars: takesScalars, hasGraph: checkpoint.graph != nil)
    _ = search.visit(checkpoint.root, key: nil, isCopy: false, inside: nil)
    let best = search.accepted.sorted { ($0.rank, $0.number) < ($1.rank, $1.number) }
    return best.prefix(CheckpointLimits.stateDicts).map(Result.init)
  }

  struct Result {
    let found: FoundStateDict
    let rank: StateDictRank

    fileprivate init(_ candidate: Candidate) {
      found = FoundStateDict(
        entry: candidate.path, batchNormCount: candidate.rank.batchNorms,
        tensorCount: candidate.tensorCount)
      rank = candidate.rank
    }
  }

  private init(kind: Kind, takesScalars: Bool, hasGraph: Bool) {
    self.kind = kind
    self.takesScalars = takesScalars
    self.hasGraph = hasGraph
  }

  /// - Parameter outer: the training state that contains the value. It is searched too: it can
  ///   contain a network, such as an average among a trainer's callbacks.
  /// - Returns: the rank of the best candidate there; nil if there is none.
  private mutating func visit(
    _ value: CheckpointValue, key: CheckpointDictionary.Key?, isCopy: Bool,
    inside outer: TrainingState?
  ) -> StateDictRank? {
    guard value.isContainer else { return nil }
    let training = TrainingState.of(value, under: key, inside: outer)
    let number = visited
    visited += 1
    let isCopy = isCopy || key.map { StateDictRank.namesCopy($0) } ?? false
    let inner = visitChildren(of: value, isCopy: isCopy, inside: training)
    guard training == nil, let (rank, tensorCount) = candidate(value, isCopy: isCopy) else {
      return inner
    }
    if let inner, inner < rank { return inner }
    while let last = accepted.last, last.number > number { accepted.removeLast() }
    if let threshold, !(rank < threshold) { return rank }
    accepted.append(
      Candidate(number: number, path: path, rank: rank, tensorCount: tensorCount))
    if accepted.count >= 2 * CheckpointLimits.stateDicts { keepBest() }
    return rank
  }

  private mutating func visitChildren(
    of value: CheckpointValue, isCopy: Bool, inside training: TrainingState?
  ) -> StateDictRank? {
    var best: StateDictRank?
    func visit(_ search: inout Self, _ key: CheckpointDictionary.Key, _ child: CheckpointValue) {
      guard child.isContainer else { return }
      search.path.keys.append(key)
      let rank = search.visit(child, key: key, isCopy: isCopy, inside: training)
      search.path.keys.removeLast()
      if let rank { best = best.map { min($0, rank) } ?? rank }
    }
    if let dictionary = value.dictionary {
      for entry in dictionary.entries { visit(&self, entry.key, entry.value) }
    } else if let elements = value.elements {
      for (index, element) in elements.enumerated() { visit(&self, .int(index), element) }
    }
    return best
  }

  /// The rank and tensor count of a value by the tensors directly in it; nil if it is not a
  /// candidate.
  private func candidate(
    _ value: CheckpointValue, isCopy: Bool
  ) -> (rank: StateDictRank, tensorCount: Int)? {
    var counts = Counts()
    if let dictionary = value.dictionary {
      let isNamed = dictionary.entries.allSatisfy { $0.key.string != nil }
      guard isNamed == (kind == .named) else { return nil }
      for entry in dictionary.entries { counts.add(entry.value, under: entry.key) }
    } else {
      guard kind == .nameless else { return nil }
      for element in value.elements ?? [] { counts.add(element, under: .int(0)) }
    }
    guard takesScalars ? counts.tensors > 0 : counts.hasDimensions else { return nil }
    let usual = path.keys.last?.string.flatMap { Checkpoint.usualEntries.firstIndex(of: $0) }
    let rank = StateDictRank(
      isConstants: hasGraph && path.keys == [.string(Checkpoint.constantsName)],
      batchNorms: counts.batchNorms, tensors: counts.large, isCopy: isCopy,
      allTensors: counts.ranked,
      usualName: usual ?? Checkpoint.usualEntries.count, depth: path.keys.count)
    return (rank, counts.tensors)
  }

  /// Drops all but the best candidates; those stay in file order.
  private mutating func keepBest() {
    accepted.sort { ($0.rank, $0.number) < ($1.rank, $1.number) }
    accepted.removeSubrange(CheckpointLimits.stateDicts...)
    threshold = accepted.last?.rank
    accepted.sort { $0.number < $1.number }
  }
}

extension StateDictSearch {
  /// Counts of the tensors directly in a value.
  private struct Counts {
    var tensors = 0
    /// Without training state, which must not improve the rank.
    var ranked = 0
    /// Tensors of more than one element, and BatchNorms' statistics and counters.
    var large = 0
    var batchNorms = 0
    var hasDimensions = false

    mutating func add(_ value: CheckpointValue, under key: CheckpointDictionary.Key) {
      guard let tensor = value.tensor else { return }
      tensors += 1
      guard !Self.isOfTraining(key) else { return }
      ranked += 1
      if !tensor.shape.isEmpty { hasDimensions = true }
      let isSingle = tensor.shape.allSatisfy { $0 == 1 }
      if !isSingle || StateDict.namesStatistic(key) { large += 1 }
      if let name = key.string, FoundStateDict.namesRunningMean(name) { batchNorms += 1 }
    }

    /// Whether a tensor of this name is a generator's state, or the counter of
    /// `torch.optim.swa_utils.AveragedModel`, which gives the average one tensor more than the
    /// model.
    private static func isOfTraining(_ key: CheckpointDictionary.Key) -> Bool {
      key == .string("n_averaged") || TrainingState(named: key) != nil
    }
  }
}
