import DBNTensors

/// The examination of one BatchNorm's tensors for faults.
struct SiteExamination {
  private(set) var items: [BatchNormHealth.Item] = []
  private let site: BatchNormSite
  /// Whether a quantity has its initial values: for each device, and for the shared tensor.
  private var devicesAtStart: [BatchNormQuantity: [Bool]] = [:]
  private var sharedAtStart: [BatchNormQuantity: Bool] = [:]

  init(_ site: BatchNormSite, in stateDict: StateDict) {
    self.site = site
    for tensor in site.tensors {
      guard let found = stateDict[site.key(tensor.key)], found.count > 0 else { continue }
      do throws(CheckpointError) {
        try examine(found, as: tensor)
      } catch {
        add(.notExamined, tensor.quantity, channels: site.features, reason: error.reason)
      }
    }
    findUntrained()
  }

  private mutating func examine(
    _ tensor: Tensor, as part: SiteTensor
  ) throws(CheckpointError) {
    let form = site.layout.tensors[part.quantity]?.devices?.form
    switch part.part {
    case .devices where form != .single:
      for (device, row) in try tensor.summaries(rows: site.worldSize).enumerated() {
        examine(row, of: part.quantity, device: device)
      }
    case .device(let device): try examine(tensor.whole(), of: part.quantity, device: device)
    // If the other devices have tensors of their own, the shared one is device 0's.
    case .shared where form == .each: try examine(tensor.whole(), of: part.quantity, device: 0)
    case .shared: try examine(tensor.whole(), of: part.quantity, device: nil)
    case .devices:
      let row = try tensor.whole()
      report(row, of: part.quantity, device: nil)
      devicesAtStart[part.quantity] = Array(
        repeating: row.isAtStart(part.quantity), count: site.worldSize)
    }
  }

  private mutating func examine(
    _ row: RowSummary, of quantity: BatchNormQuantity, device: Int?
  ) {
    report(row, of: quantity, device: device)
    guard let device else { return sharedAtStart[quantity] = row.isAtStart(quantity) }
    devicesAtStart[
      quantity, default: Array(repeating: false, count: site.worldSize)
    ][device] = row.isAtStart(quantity)
  }

  private mutating func report(
    _ row: RowSummary, of quantity: BatchNormQuantity, device: Int?
  ) {
    // A counter concerns all channels.
    let unit = quantity.isCounter ? site.features : 1
    add(.notFinite, quantity, device, channels: row.notFinite * unit)
    switch quantity {
    case .runningVar:
      add(.negativeVariance, quantity, device, channels: row.negative)
      add(.zeroVariance, quantity, device, channels: row.zero)
      add(.float16Underflow, quantity, device, channels: row.underflowed)
    case .numBatchesTracked:
      add(.negativeCounter, quantity, device, channels: row.negative > 0 ? site.features : 0)
    default: break
    }
  }

  /// Finds statistics with their initial values. They show missing training only if the counter
  /// agrees, or if other devices' statistics have moved.
  private mutating func findUntrained() {
    let counterIsZero = devicesAtStart[.numBatchesTracked]
    let areAtStart = (devicesAtStart[.runningMean] ?? []).indices.map { device in
      isAtStart(.runningMean, device) && isAtStart(.runningVar, device)
    }
    let haveOthersMoved = areAtStart.contains(false)
    let untrained = areAtStart.indices.filter { device in
      let counter = counterIsZero?[device] ?? sharedAtStart[.numBatchesTracked] ?? false
      return areAtStart[device] && (counter || haveOthersMoved)
    }
    let isShared = sharedAtStart[.runningMean] != nil
    let isSharedUntrained = [BatchNormQuantity.runningMean, .runningVar, .numBatchesTracked]
      .allSatisfy { sharedAtStart[$0] ?? false }
    if untrained.count == areAtStart.count, isSharedUntrained == isShared,
      isShared || !untrained.isEmpty
    {
      return add(.neverTrained, nil, channels: site.features)
    }
    if isSharedUntrained { add(.neverTrained, nil, channels: site.features) }
    for device in untrained { add(.neverTrained, nil, device, channels: site.features) }
  }

  private func isAtStart(_ quantity: BatchNormQuantity, _ device: Int) -> Bool {
    devicesAtStart[quantity]?[device] ?? false
  }

  private mutating func add(
    _ issue: BatchNormHealth.Issue, _ quantity: BatchNormQuantity?, _ device: Int? = nil,
    channels: Int, reason: String? = nil
  ) {
    guard channels > 0 else { return }
    items.append(
      .init(
        name: site.name, issue: issue, quantity: quantity, channels: channels,
        features: site.features, device: device, reason: reason))
  }
}

extension RowSummary {
  /// Whether the numbers are the initial values of this quantity.
  fileprivate func isAtStart(_ quantity: BatchNormQuantity) -> Bool {
    quantity == .runningVar ? isAllOne : isAllZero
  }
}

extension Tensor {
  /// The summary of the whole tensor.
  fileprivate func whole() throws(CheckpointError) -> RowSummary { try summaries(rows: 1)[0] }
}
