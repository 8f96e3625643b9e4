import DBNTensors

extension BatchNormState {
  /// How a state is brought into a layout.
  struct Target {
    let layout: BatchNormLayout
    /// V.
    let worldSize: Int
    /// How the devices' statistics become one where the layout keeps no row for each; nil: see
    /// `merged`.
    let rule: MergeRule?
    /// Whether the layout's devices go on with the rows of these.
    let keepsRows: Bool
  }

  /// The tensors of the BatchNorm in another layout, in its order; what the state does not have, the
  /// result does not have either.
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
      // Of all devices together, or device 0's where the others are kept beside it.
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

  /// What all devices have, as the tensor of a layout.
  private func form(
    _ value: Tensor, of tensor: SiteTensor, in target: Target
  ) throws(CheckpointError) -> Tensor {
    switch tensor.part {
    case .shared: return value
    // A tensor of its own, not a tie: devices that start alike go apart.
    case .device: return try value.repeated(1).reshaped(value.shape)
    case .devices: break
    }
    return try value.repeated(target.worldSize)
      .formed(target.layout.tensors[tensor.quantity]?.devices?.form)
  }
}

extension Tensor {
  /// Rows [V, ...] in the shape that a form has on disk.
  fileprivate func formed(_ form: DeviceTensors.Form?) throws(CheckpointError) -> Tensor {
    switch form {
    case .joined: try reshaped([shape.reduce(1, *)])
    case .single: try largestRow()
    default: self
    }
  }
}
