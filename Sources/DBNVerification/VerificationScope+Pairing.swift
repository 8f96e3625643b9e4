public import DBNTensors

extension VerificationScope {
  /// Pairs the state dicts of two checkpoints: those at the same entry, and the best of each file
  /// wherever they are. In files without state dicts, lists of tensors are paired.
  ///
  /// - Parameter entry: the only state dict to compare; nil for all.
  /// - Throws: `noSuchEntry`, `noStateDict`; `nothingToCompare` if the two have none in common.
  init(
    _ a: Checkpoint, _ b: Checkpoint, entry: EntryPath?
  ) throws(CheckpointError) {
    let (modelsA, modelsB) = (a.models, b.models)
    if let entry {
      pairs = try [Pair(a: a.findStateDict(at: entry).entry, b: b.findStateDict(at: entry).entry)]
    } else {
      pairs = Self.pairs(modelsA.map(\.entry), modelsB.map(\.entry))
    }
    guard !pairs.isEmpty else { throw Self.nothing(modelsA, modelsB) }
    let (inA, inB) = (Set(pairs.map(\.a)), Set(pairs.map(\.b)))
    onlyInFirst = modelsA.filter { !inA.contains($0.entry) }.map(\.item)
    onlyInSecond = modelsB.filter { !inB.contains($0.entry) }.map(\.item)
    restOfFirst = try a.rest(besides: modelsA, pairs.map(\.a))
    restOfSecond = try b.rest(besides: modelsB, pairs.map(\.b))
  }

  private static func pairs(_ a: [EntryPath], _ b: [EntryPath]) -> [Pair] {
    let inB = Set(b)
    var pairs = a.filter(inB.contains).map { Pair(a: $0, b: $0) }
    if let bestA = a.first, let bestB = b.first, !inB.contains(bestA), !a.contains(bestB) {
      pairs.insert(Pair(a: bestA, b: bestB), at: 0)
    }
    return pairs
  }

  private static func nothing(
    _ a: [FoundStateDict], _ b: [FoundStateDict]
  ) -> CheckpointError {
    func text(_ models: [FoundStateDict]) -> String {
      models.isEmpty
        ? "no state dict"
        : models.prefix(3).map {
          $0.entry.keys.isEmpty ? "one at the root" : "'\($0.entry)'"
        }.joined(separator: ", ")
    }
    return CheckpointError(
      .nothingToCompare, "the first has \(text(a)), the second \(text(b)): nothing was compared",
      advice: "compare everything that the files hold with \(.difference)")
  }
}

extension Checkpoint {
  /// The state dicts, or the lists of tensors in a file without state dicts.
  fileprivate var models: [FoundStateDict] {
    let found = stateDicts
    return found.isEmpty ? tensorLists : found
  }

  /// The state dict that an entry of `pairs` refers to, without an optimizer's variables.
  func model(at entry: EntryPath) throws(CheckpointError) -> StateDict {
    try everything(at: entry).withoutOptimizer.stateDict
  }

  private func everything(at entry: EntryPath) throws(CheckpointError) -> StateDict {
    do throws(CheckpointError) {
      return try stateDict(at: entry)
    } catch  where error.code == .noStateDict {
      return try tensorList(at: entry)
    }
  }

  /// A summary of the file's contents outside the models.
  fileprivate func rest(
    besides models: [FoundStateDict], _ compared: [EntryPath]
  ) throws(CheckpointError) -> [ConversionReport.Item] {
    var items: [ConversionReport.Item] = []
    for entry in compared {
      let count = try everything(at: entry).withoutOptimizer.optimizer.count
      if count > 0 { items.append(.tensors(count, at: entry.appending(.string("optimizer.vars")))) }
    }
    let rest = outside(models.map(\.entry) + compared, countsNested: false)
    items += rest.places.map { .tensors($0.tensorCount, at: $0.entry) }
    if rest.otherCount > 0 {
      items.append(.init("other values", "\(rest.otherCount)"))
    }
    return items
  }
}

extension ConversionReport.Item {
  fileprivate static func tensors(_ count: Int, at entry: EntryPath) -> Self {
    Self("\(entry)", count == 1 ? "a tensor" : "\(count) tensors")
  }
}

extension FoundStateDict {
  fileprivate var item: ConversionReport.Item {
    let norms = batchNormCount > 0 ? ", \(batchNormCount) of them running means" : ""
    return .init("\(entry)", "a model of \(tensorCount) tensors\(norms)")
  }
}

extension CheckpointError.Code {
  /// Two files have nothing comparable in common, so no verdict is possible.
  public static let nothingToCompare = Self("nothing-to-compare")
}
