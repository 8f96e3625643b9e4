/// How a conversion changed the parameters of a state dict, for the optimizers that refer to them.
///
/// All tensors count as parameters except a BatchNorm's statistics and counter, by kind or name: a
/// conversion changes no other buffers.
public struct ParameterChange: Sendable {
  /// Whether the parameters are the same in number, order and shape.
  public let keepsPositions: Bool
  private let before: StateDict
  private let after: StateDict

  /// Compares the parameters of a state dict before and after a conversion.
  public init(from before: StateDict, to after: StateDict) {
    self.before = before
    self.after = after
    keepsPositions = Self.areAlike(before, after)
  }

  /// What the user should know about an optimizer's state that no longer fits; nil if it fits, or
  /// belongs to another model.
  public func misfit(of optimizer: OptimizerState) -> Guidance? {
    let lost = keepsPositions ? lostNames(of: optimizer) : nil
    guard !keepsPositions || lost != nil, canBeOf(before, optimizer) else { return nil }
    let (old, new) = (before.parameterCount, after.parameterCount)
    let isCertain = optimizer.parameterCount == old || lost != nil
    var text = "'\("\(optimizer.entry)".visible())' "
    text += isCertain ? "no longer fits: " : "may no longer fit: "
    if let lost {
      text += "it refers to parameters by name, and the converted model has no '\(lost.visible())'"
    } else {
      let count = optimizer.parameterCount.map { "it is for \(Self.counted($0))" }
      let model = "the model had \(Self.counted(old))"
      text += [count, isCertain ? nil : model].compactMap { $0 }.joined(separator: ", ")
      text += ", and the converted model has \(new)"
      if old == new { text += " in another order or shape" }
    }
    return
      "\(text); write only the model with \(.extractingStateDict), or start with a new optimizer"
  }

  /// What the user should know about an optimizer's state among the state dict's own tensors, as in
  /// Keras' files (`optimizer.vars.1`, `optimizer_weights.sgd...`); nil if it still fits. Scalars,
  /// such as the learning rate, always do.
  public var misfitOfOwnOptimizer: Guidance? {
    guard !keepsPositions else { return nil }
    var (count, entryName, last, isOptimizer) = (0, "", "", false)
    before.forEachParameter { key, tensor in
      guard let name = key.string, let end = name.utf8.firstIndex(of: UInt8(ascii: ".")) else {
        return
      }
      let head = String(name[..<end])
      if head != last {
        isOptimizer = TrainingState(named: .string(head)) == .optimizer
        last = head
      }
      guard isOptimizer, !tensor.shape.isEmpty else { return }
      (count, entryName) = (count + 1, head)
    }
    guard count > 0 else { return nil }
    return
      "'\(entryName.visible())' no longer fits: it has "
      + "\(count == 1 ? "a tensor" : "\(count) tensors") for the original parameters, and those of "
      + "the converted model differ in number, order or shape; start with a new optimizer"
  }

  /// The first parameter name used by the optimizer that the new state dict no longer has in that
  /// shape.
  private func lostNames(of optimizer: OptimizerState) -> String? {
    optimizer.names.first { name in
      guard let old = before[name] else { return false }
      return after[name]?.shape != old.shape
    }
  }

  /// Whether the optimizer's moments can belong to a state dict's parameters: their shapes are
  /// among the parameters', or, for an optimizer of several models, the reverse.
  private func canBeOf(_ stateDict: StateDict, _ optimizer: OptimizerState) -> Bool {
    if optimizer.names.contains(where: { stateDict[$0] != nil }) { return true }
    guard !optimizer.shapes.isEmpty else { return true }
    var shapes: [[Int]: Int] = [:]
    stateDict.forEachParameter { shapes[$1.shape, default: 0] += 1 }
    func contains(_ outer: [[Int]: Int], _ inner: [[Int]: Int]) -> Bool {
      inner.allSatisfy { outer[$0.key, default: 0] >= $0.value }
    }
    return contains(shapes, optimizer.shapes) || contains(optimizer.shapes, shapes)
  }

  private static func areAlike(_ before: StateDict, _ after: StateDict) -> Bool {
    let (old, new) = (before.dictionary.entries, after.dictionary.entries)
    var (left, right) = (0, 0)
    while true {
      while left < old.count, !old[left].isParameter { left += 1 }
      while right < new.count, !new[right].isParameter { right += 1 }
      guard left < old.count, right < new.count else {
        return left == old.count && right == new.count
      }
      guard old[left].isSameParameter(as: new[right]) else { return false }
      (left, right) = (left + 1, right + 1)
    }
  }

  private static func counted(_ count: Int) -> String {
    count == 1 ? "1 parameter" : "\(count) parameters"
  }
}

extension StateDict {
  /// Tied parameters are counted once, as `Module.parameters()` lists them.
  fileprivate var parameterCount: Int {
    var storages: Set<ObjectIdentifier> = []
    forEachParameter { storages.insert(ObjectIdentifier($1.storage)) }
    return storages.count
  }

  fileprivate func forEachParameter(_ body: (CheckpointDictionary.Key, Tensor) -> Void) {
    for entry in dictionary.entries where entry.isParameter {
      if let tensor = entry.value.tensor { body(entry.key, tensor) }
    }
  }
}

extension CheckpointDictionary.Entry {
  fileprivate var isParameter: Bool {
    guard let tensor = value.tensor, tensor.kind != .buffer else { return false }
    return tensor.kind == .parameter || !StateDict.namesStatistic(key)
  }

  /// Whether both have the same values, under any names; or the same shape and the same name or
  /// another type: a cast parameter keeps its position.
  fileprivate func isSameParameter(as other: Self) -> Bool {
    guard let own = value.tensor, let new = other.value.tensor else { return false }
    if own.storage === new.storage { return own.shape == new.shape }
    return own.shape == new.shape && (key == other.key || own.scalarType != new.scalarType)
  }
}

extension StateDict {
  /// Whether the last component of a key is PyTorch's or Keras' name of a BatchNorm's running
  /// statistic or counter.
  static func namesStatistic(_ key: CheckpointDictionary.Key) -> Bool {
    guard let name = key.string else { return false }
    let last = name.utf8.lastIndex { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "/") }
    let part = last.map { name.utf8[name.utf8.index(after: $0)...] } ?? name.utf8[...]
    return statistics.contains { $0.utf8.elementsEqual(part) }
  }

  private static let statistics = BatchNormQuantity.allCases.filter(\.isBuffer)
    .flatMap(\.namesInFiles)
}
