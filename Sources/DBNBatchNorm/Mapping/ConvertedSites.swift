import DBNTensors

/// A state dict on its way to having its BatchNorms in another layout.
///
/// A tensor keeps its position; one under a new name takes the position of the old one of the same
/// quantity, and what is new beside them follows the module's last tensor.
struct ConvertedSites {
  typealias Key = CheckpointDictionary.Key

  private var replacements: [Key: [(key: String, value: Tensor)]] = [:]
  /// What was made of the same tensors before: a module that the model has twice stays one.
  private var known: [Origin: Tensor] = [:]

  /// What a converted buffer was made from.
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
      let sources = target.quantities(behind: tensor.quantity, in: site).flatMap { quantity in
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

  /// The state dict with what was converted.
  ///
  /// - Throws: `nameCollision` for a new name that another tensor has.
  func applied(to stateDict: StateDict) throws(CheckpointError) -> StateDict {
    var result = CheckpointDictionary(stateDict.dictionary.kind)
    result.attributes = stateDict.dictionary.attributes
    func add(_ key: Key, _ value: CheckpointValue) throws(CheckpointError) {
      guard !result.contains(key) else {
        throw CheckpointError(
          .nameCollision, name: key.description,
          "two tensors would have this name in the other layout",
          advice: "rename one of them with --rename first")
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
    return StateDict(result) ?? stateDict
  }
}

extension BatchNormState.Target {
  /// What the values of a quantity are made from: variances of all devices together need the means.
  /// A counter that is new belongs to the means.
  fileprivate func quantities(
    behind quantity: BatchNormQuantity, in site: BatchNormSite
  ) -> [BatchNormQuantity] {
    if quantity.isCounter && !site.hasCounter { return [.runningMean] }
    let needsMeans = quantity == .runningVar && (rule == .pooled || layout.hasBoth)
    return needsMeans ? [.runningMean, .runningVar] : [quantity]
  }
}

extension BatchNormLayout {
  /// Whether there are the devices' running statistics and those of all together.
  fileprivate var hasBoth: Bool {
    tensors[.runningVar].map { $0.shared != nil && $0.devices != nil } ?? false
  }
}

extension BatchNormSite {
  /// The key of its last tensor; tensors of a module stand together in all state dicts that PyTorch
  /// makes.
  fileprivate var lastKey: String? { keys.last }
}
