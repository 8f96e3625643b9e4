public import DBNTensors

extension BatchNormHealth {
  /// One sentence for each kind of fault, whatever the number of BatchNorms: "3 of 53 BatchNorms
  /// have a negative running variance: bn1 (2 of 64 channels), layer1.0.bn1 (...)".
  public var sentences: [String] {
    var kinds: [Kind: [Item]] = [:]
    var order: [Kind] = []
    for item in items {
      let kind = Kind(issue: item.issue, quantity: item.quantity)
      if kinds[kind] == nil { order.append(kind) }
      kinds[kind, default: []].append(item)
    }
    return order.map { sentence($0, kinds[$0] ?? []) }
  }

  /// A list with an object for each item: `name`, `issue` (its code), `channels`, `features`, and,
  /// where the item has them, `quantity`, `device` and `reason`.
  public var json: JSON { .array(items.map(\.json)) }

  /// What the items of one sentence have in common.
  private struct Kind: Hashable {
    let issue: Issue
    let quantity: BatchNormQuantity?

    /// The words that follow "3 BatchNorms have".
    var text: String {
      let thing = quantity?.words ?? "tensor"
      switch issue {
      case .notFinite: return "a \(thing) that is not finite"
      case .negativeVariance: return "a negative \(thing)"
      case .zeroVariance: return "a \(thing) of 0"
      case .float16Underflow: return "a \(thing) too small for float16, below 6.1e-05"
      case .neverTrained: return "the statistics of a new, untrained one (mean 0, variance 1)"
      case .negativeCounter: return "a negative \(thing)"
      case .notExamined: return "a \(thing) that could not be examined"
      }
    }
  }

  private static let namesShown = 3

  private func sentence(_ kind: Kind, _ items: [Item]) -> String {
    var names: [CheckpointDictionary.Key] = []
    var byName: [CheckpointDictionary.Key: [Item]] = [:]
    for item in items {
      let name = CheckpointDictionary.Key.string(item.name)
      if byName[name] == nil { names.append(name) }
      byName[name, default: []].append(item)
    }
    let shown = names.prefix(Self.namesShown).map { name in
      "\("\(name)".isEmpty ? "(root)" : "\(name)")\(Self.extent(byName[name] ?? []))"
    }
    let more =
      names.count > shown.count ? " and \(names.count - shown.count) more" : ""
    return "\(names.count) of \(batchNormCount) BatchNorm\(batchNormCount == 1 ? "" : "s") "
      + "\(names.count == 1 ? "has" : "have") \(kind.text): \(shown.joined(separator: ", "))\(more)"
  }

  /// " (2 of 64 channels, device 3)" for the items of one BatchNorm; empty if they concern all of
  /// it.
  private static func extent(_ items: [Item]) -> String {
    guard let first = items.first else { return "" }
    if let reason = first.reason { return " (\(reason))" }
    var parts: [String] = []
    if let most = items.map(\.channels).max(), first.quantity != nil,
      first.quantity?.isCounter == false
    {
      let upTo = Set(items.map(\.channels)).count > 1 ? "up to " : ""
      parts.append("\(upTo)\(most) of \(first.features) channel\(first.features == 1 ? "" : "s")")
    }
    let devices = items.compactMap(\.device)
    if devices.count == 1 { parts.append("device \(devices[0])") }
    if devices.count > 1 {
      parts.append("\(devices.count) devices, first \(devices[0])")
    }
    return parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))"
  }
}

extension BatchNormHealth.Item {
  fileprivate var json: JSON {
    var members: [JSON.Member] = [
      .init("name", .string(name)), .init("issue", .string(issue.rawValue)),
    ]
    if let quantity { members.append(.init("quantity", .string(quantity.rawValue))) }
    members += [.init("channels", .int(channels)), .init("features", .int(features))]
    if let device { members.append(.init("device", .int(device))) }
    if let reason { members.append(.init("reason", .string(reason))) }
    return .object(members)
  }
}

extension BatchNormQuantity {
  /// The quantity's name in reports.
  fileprivate var words: String {
    switch self {
    case .weight: "weight"
    case .bias: "bias"
    case .runningMean: "running mean"
    case .runningVar: "running variance"
    case .numBatchesTracked: "counter of batches"
    }
  }
}
