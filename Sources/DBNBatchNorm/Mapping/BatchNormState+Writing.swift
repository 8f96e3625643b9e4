import DBNTensors

extension BatchNormState {
  /// What a state is converted to, and how.
  struct Target {
    let layout: BatchNormLayout
    /// V.
    let worldSize: Int
    /// How the devices' statistics are merged if the layout does not keep a row for each; for nil
    /// see `merged`.
    let rule: MergeRule?
    /// Whether the devices of the new layout keep the rows of the old one.
    let keepsRows: Bool
  }

  /// The tensors of the BatchNorm in another layout, in that layout's order; quantities missing
  /// from the state are missing from the result.
  func tensors(in target: Target) throws(CheckpointError) -> [(tensor: SiteTensor, value: Tensor)] {
    let single = try merged(by: target.keepsRows ? nil : target.rule)
    var result: [(tensor: SiteTensor, value: Tensor)] = []
    for tensor in target.layout.siteTensors(worldSize: target.worldSize) {
      if let value = try value(of: tensor, in: target, single) { result.append((tensor, value)) }
    }
    return result
  }

  private func value(
    of tensor: SiteTensor, in target: Target, _ single: [BatchNormQuantity: Tensor]
  ) throws(CheckpointError) -> Tensor? {
    let quantity = tensor.quantity
    guard target.layout.tensors[quantity]?.devices != nil, target.keepsRows else {
      return try single[quantity].map { value throws(CheckpointError) in
        try form(value, of: tensor, in: target)
      }
    }
    let rows = devices[quantity]
    switch tensor.part {
    case .shared where quantity.isCounter:
      let isFirst = target.layout.tensors[quantity]?.devices?.form == .each
      return try (isFirst ? rows?.row(0) : rows?.largestRow()) ?? single[quantity]
    case .shared where !quantity.isBuffer || rows == nil:
      return try rows?.row(0) ?? single[quantity]
    case .shared:
      // Either for all devices, or device 0's where the others have tensors of their own.
      let isFirst = target.layout.tensors[quantity]?.devices?.form == .each
      return try merged(by: isFirst ? .first : .pooled)[quantity]
    case .device(let device):
      if let rows { return try rows.row(device) }
      return try single[quantity].map { value throws(CheckpointError) in
        try form(value, of: tensor, in: target)
      }
    case .devices:
      guard let rows else {
        return try single[quantity].map { value throws(CheckpointError) in
          try form(value, of: tensor, in: target)
        }
      }
      return try rows.formed(target.layout.tensors[quantity]?.devices?.form)
    }
  }

  /// A tensor of the layout made from the values that all devices have in common.
  private func form(
    _ value: Tensor, of tensor: SiteTensor, in target: Target
  ) throws(CheckpointError) -> Tensor {
    switch tensor.part {
    case .shared: return value
    // A separate tensor, not a tied one: devices that start equal diverge in training.
    case .device: return try value.repeated(1).reshaped(value.shape)
    case .devices: break
    }
    return try value.repeated(target.worldSize)
      .formed(target.layout.tensors[tensor.quantity]?.devices?.form)
  }
}

extension Tensor {
  /// Rows [V, ...] in the on-disk shape of a form.
  fileprivate func formed(_ form: DeviceTensors.Form?) throws(CheckpointError) -> Tensor {
    switch form {
    case .joined: try reshaped([shape.reduce(1, *)])
    case .single: try largestRow()
    default: self
    }
  }
}
