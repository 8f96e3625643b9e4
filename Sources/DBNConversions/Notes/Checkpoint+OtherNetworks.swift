import DBNBatchNorm
public import DBNTensors

extension Checkpoint {
  /// What the user should know about the state dict at an entry: names of Flax, which PyTorch does
  /// not have; and one sentence about the other networks in the file and the rest of its content,
  /// unless the only tensors are the state dict's, training state and scalars (a loss).
  ///
  /// - Parameter verb: what happens to the others: "unchanged".
  public func notes(taking entry: EntryPath, others verb: String) -> [Guidance] {
    let isFlax = (try? stateDict(at: entry)).map { FlaxNames.areUsed(in: $0) } ?? false
    return (isFlax ? [Self.flaxNote] : []) + otherNetworks(than: entry, verb)
  }

  private static let flaxNote: Guidance =
    "the names are those of a Flax model; \(.flaxNames) gives its weights and BatchNorms PyTorch's "
    + "names and order of axes"

  private func otherNetworks(than entry: EntryPath, _ verb: String) -> [Guidance] {
    // Constants of an exported program are part of the model.
    let constants = graph == nil ? nil : EntryPath([.string(Self.constantsName)])
    let rivals =
      stateDicts.filter { $0.entry != entry && $0.entry != constants } + stateDicts(inside: entry)
    let known = [entry] + rivals.map(\.entry) + (constants.map { [$0] } ?? [])
    var outside = outside(known)
    // What is inside a state dict belongs to it, except at the root, where its tensors can be mixed
    // with anything.
    outside.places.removeAll { place in
      known.contains { !$0.keys.isEmpty && place.entry.keys.starts(with: $0.keys) }
        || (entry.keys.isEmpty && place.entry.keys.first?.namesExtraState == true)
    }
    guard !rivals.isEmpty || outside.places.contains(where: { $0.mayBeModel }) else {
      return []
    }
    let shown = rivals.prefix(Self.shownRivals).map(description)
    let more = rivals.count - shown.count
    let phrases =
      shown
      + ((more > 0 ? [counted(more, "more state dict")] : []) + outside.phrases(limit: 5))
      .map { Guidance($0) }
    let place = entry.keys.isEmpty ? "at the root" : "'\("\(entry)".visible())'"
    return ["the state dict is \(place); \(verb): \(phrases.joined(separator: "; "))"]
  }

  private static let shownRivals = 5

  /// "state_dict_ema (20 tensors, 3 BatchNorms; --entry state_dict_ema)"
  private func description(_ found: FoundStateDict) -> Guidance {
    var text = "\("\(found.entry)".visible()) (\(counted(found.tensorCount, "tensor"))"
    if found.batchNormCount > 0, let stateDict = try? stateDict(at: found.entry) {
      let count = BatchNormSurvey(stateDict).sites.count
      if count > 0 { text += ", \(counted(count, "BatchNorm"))" }
    }
    return "\(text); \(.entry(found.entry.description)))"
  }
}
