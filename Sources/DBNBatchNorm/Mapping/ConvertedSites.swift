import DBNTensors

/// The BatchNorms of a state dict that were converted so far, and where their tensors go.
///
/// A tensor keeps its position; a renamed tensor takes the position of the old tensor of the same
/// quantity, and added tensors follow the module's last tensor.
struct ConvertedSites {
  typealias Key = CheckpointDictionary.Key

  private var replacements: [Key: [(key: String, value: Tensor)]] = [:]
  /// Tensors converted earlier, by origin: a module that occurs twice in the model stays shared.
  private var known: [Origin: Tensor] = [:]

  /// The tensors that a converted buffer was made from, and how.
  private struct Origin: Hashable {
    let tensor: SiteTensor
    let sources: [ObjectIdentifier]
  }

  /// Converts one BatchNorm.
  mutating func convert(
    _ site: BatchNormSite, of stateDict: StateDict, _ state: BatchNormState,
    to target: BatchNormState.Target
  ) throws(CheckpointError) {
    var tensors: [(SiteTensor, Tensor)] = []
    for (tensor, value) in try state.tensors(in: target) {
      let sources = target.quantities(determining: tensor.quantity, in: site).flatMap { quantity in
        site.tensors.filter { $0.quantity == quantity }.compactMap { source in
          stateDict[site.key(source.key)].map { ObjectIdentifier($0.storage) }
        }
      }
      let origin = Origin(tensor: tensor, sources: sources)
      let twin = tensor.quantity.isBuffer ? known[origin] : nil
      known[origin] = twin ?? value
      tensors.append((tensor, twin ?? value))
    }
    place(tensors, of: site)
  }

  private mutating func place(_ tensors: [(SiteTensor, Tensor)], of site: BatchNormSite) {
    var waiting = tensors.map { (tensor: $0.0, key: site.key($0.0.key), value: $0.1) }
    for key in site.keys { replacements[.string(key)] = [] }
    for old in site.tensors {
      let key = site.key(old.key)
      let same = waiting.firstIndex { $0.key == key }
      let similar = waiting.firstIndex { candidate in
        candidate.tensor.quantity == old.quantity && !site.keys.contains(candidate.key)
      }
      guard let index = same ?? similar else { continue }
      let new = waiting.remove(at: index)
      replacements[.string(key)] = [(new.key, new.value)]
    }
    guard let last = site.lastKey else { return }
    replacements[.string(last), default: []] += waiting.map { ($0.key, $0.value) }
  }

  /// The state dict with its converted BatchNorms.
  ///
  /// - Throws: `nameCollision` if another tensor already has a new name.
  func applied(to stateDict: StateDict) throws(CheckpointError) -> StateDict {
    var result = CheckpointDictionary(stateDict.dictionary.kind)
    result.attributes = stateDict.dictionary.attributes
    func add(_ key: Key, _ value: CheckpointValue) throws(CheckpointError) {
      guard !result.contains(key) else {
        throw CheckpointError(
          .nameCollision, name: key.description,
          "two tensors would have this name in the new layout",
          advice: "rename one of them with \(.renaming) first")
      }
      result.set(key, to: value)
    }
    for entry in stateDict.dictionary.entries {
      guard let new = replacements[entry.key] else {
        try add(entry.key, entry.value)
        continue
      }
      for (key, value) in new { try add(.string(key), .tensor(value)) }
    }
    var converted = StateDict(result) ?? stateDict
    converted.otherNorms = stateDict.otherNorms
    return converted
  }
}

extension BatchNormState.Target {
  /// The quantities that a quantity's values are computed from: pooled variances also need the
  /// means. An added counter depends on the means.
  fileprivate func quantities(
    determining quantity: BatchNormQuantity, in site: BatchNormSite
  ) -> [BatchNormQuantity] {
    if quantity.isCounter && !site.hasCounter { return [.runningMean] }
    let needsMeans = quantity == .runningVar && (rule == .pooled || layout.hasBoth)
    return needsMeans ? [.runningMean, .runningVar] : [quantity]
  }
}

extension BatchNormLayout {
  /// Whether the layout has both shared and per-device running statistics.
  fileprivate var hasBoth: Bool {
    tensors[.runningVar].map { $0.shared != nil && $0.devices != nil } ?? false
  }
}

extension BatchNormSite {
  /// The key of its last tensor; in all state dicts from PyTorch the tensors of a module are
  /// adjacent.
  fileprivate var lastKey: String? { keys.last }
}
