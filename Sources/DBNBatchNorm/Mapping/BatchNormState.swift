package import DBNTensors

/// The state of one BatchNorm, independent of a layout: shared values, and a row for each device.
package struct BatchNormState {
  package let worldSize: Int
  /// [C]; counters are scalars.
  package internal(set) var shared: [BatchNormQuantity: Tensor] = [:]
  /// [V, C]; counters are [V].
  package internal(set) var devices: [BatchNormQuantity: Tensor] = [:]

  /// Finds the tensors of a BatchNorm; their bytes are not read yet.
  package init(_ site: BatchNormSite, in stateDict: StateDict) throws(CheckpointError) {
    worldSize = site.worldSize
    var each: [BatchNormQuantity: [Tensor]] = [:]
    for tensor in site.tensors {
      guard var found = stateDict[site.key(tensor.key)] else { continue }
      if site.layout.isScalar(tensor) { found = try found.loadedAsScalar() }
      switch tensor.part {
      case .shared: shared[tensor.quantity] = found
      case .device: each[tensor.quantity, default: []].append(found)
      case .devices:
        let form = site.layout.tensors[tensor.quantity]?.devices?.form
        let row = tensor.quantity.isCounter ? [] : [site.features]
        devices[tensor.quantity] =
          form == .single
          ? try found.repeated(worldSize) : try found.reshaped([worldSize] + row)
      }
    }
    for (quantity, others) in each {
      guard let first = shared[quantity], others.count == worldSize - 1 else {
        throw CheckpointError(
          .unexpectedLayout, name: site.name,
          "not every device has its own \(quantity.rawValue)")
      }
      if let odd = others.first(where: { $0.scalarType != first.scalarType }) {
        throw CheckpointError(
          .unexpectedLayout, name: site.name,
          "its devices have a \(quantity.rawValue) of different types, \(first.scalarType.name) "
            + "and \(odd.scalarType.name)",
          advice: "cast the whole checkpoint, statistics included, to one type first")
      }
      devices[quantity] = try Tensor.stacked([first] + others)
      // If evaluation does not use shared statistics, what looks shared is device 0's.
      if quantity.isBuffer, site.layout.evaluation != .shared { shared[quantity] = nil }
    }
  }

  /// Adds a counter of 0, for a state from a layout without counters.
  mutating func startCounting() throws(CheckpointError) {
    var counter = try Tensor([0], shape: [])
    counter.kind = (shared[.runningMean] ?? devices[.runningMean])?.kind ?? .tensor
    if devices[.runningMean] == nil {
      shared[.numBatchesTracked] = counter
    } else {
      devices[.numBatchesTracked] = try counter.repeated(worldSize)
    }
  }

  /// Whether any counter is not 0.
  func hasCounted() throws(CheckpointError) -> Bool {
    let counters = [shared, devices].compactMap { $0[.numBatchesTracked] }
    for counter in counters where try counter.doubles().contains(where: { $0 != 0 }) { return true }
    return false
  }

  /// Whether the devices' buffers have the same bytes, counters included.
  func replicasAreIdentical() throws(CheckpointError) -> Bool {
    for quantity in BatchNormQuantity.allCases where quantity.isBuffer {
      guard let rows = devices[quantity] else { continue }
      guard try rows.hasEqualRows() else { return false }
    }
    return true
  }

  /// Whether the counters of the devices differ.
  func countersDiffer() throws(CheckpointError) -> Bool {
    try devices[.numBatchesTracked]?.hasEqualRows() == false
  }

  /// Whether the weights or biases of the devices differ.
  func parametersDiffer() throws(CheckpointError) -> Bool {
    for quantity in [BatchNormQuantity.weight, .bias] {
      guard let rows = devices[quantity] else { continue }
      guard try rows.hasEqualRows() else { return true }
    }
    return false
  }
}
