import DBNBatchNorm
import DBNTensors

extension PromisedStatistics {
  /// The parts of a written BatchNorm that are not as promised.
  func check(
    _ site: BatchNormSite, in written: StateDict, source: BatchNormSite, _ stateDict: StateDict
  ) throws(CheckpointError) -> [ConversionReport.Item] {
    let state = try BatchNormState(site, in: written)
    let types = try BatchNormState(source, in: stateDict)
    var broken: [ConversionReport.Item] = []
    for quantity in BatchNormQuantity.allCases {
      let placement = site.layout.tensors[quantity]
      let parts = [
        (placement?.shared != nil, state.shared[quantity], try shared(quantity)),
        (
          placement?.devices != nil, state.devices[quantity],
          try devices(quantity, worldSize: site.worldSize)
        ),
      ]
      let type = (types.shared[quantity] ?? types.devices[quantity])?.scalarType
      for (isInLayout, tensor, promised) in parts where isInLayout {
        guard let reason = try wrong(tensor, promised, quantity, type) else { continue }
        broken.append(.init("\(site.key(quantity.rawValue))", reason))
      }
    }
    return broken
  }

  private func wrong(
    _ tensor: Tensor?, _ promised: Numbers?, _ quantity: BatchNormQuantity, _ type: ScalarType?
  ) throws(CheckpointError) -> String? {
    guard let tensor else { return promised == nil ? nil : "it is missing" }
    let numbers = try tensor.doubles()
    guard let promised else {
      // A counter that the old layout did not have starts from 0.
      let isNew = quantity == .numBatchesTracked && numbers.allSatisfy { $0 == 0 }
      return isNew ? nil : "it was not in the source"
    }
    guard type == nil || tensor.scalarType == type, numbers.count == promised.values.count else {
      return "it is \(tensor.scalarType.name) \(tensor.shape)"
    }
    let wrong = numbers.indices.first { index in
      guard let slack = promised.slack else {
        return numbers[index].bitPattern != promised.values[index].bitPattern
      }
      return !tensor.scalarType.rounds(
        promised.values[index], to: numbers[index], slack: slack[index])
    }
    return wrong.map { "element \($0) is \(numbers[$0]) and not \(promised.values[$0])" }
  }
}
