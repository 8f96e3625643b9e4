public import DBNTensors

/// A BatchNorm found in a state dict: its name, and how it keeps its state.
public struct BatchNormSite: Sendable {
  /// The module's name, `layer1.0.bn1`; empty when the whole state dict is one BatchNorm.
  public let name: String
  /// The layout of its state.
  public let layout: BatchNormLayout
  /// C.
  public let features: Int
  /// V; 1 in layouts that don't distinguish devices.
  public let worldSize: Int
  /// Whether it has `weight` and `bias`.
  public let isAffine: Bool
  /// Whether it has `num_batches_tracked`, which state dicts of version 1 lack.
  public let hasCounter: Bool
  /// The tensors that it has.
  let tensors: [SiteTensor]

  /// The state dict's key of one of its tensors, from the layout's key: `running_mean`, `weight`
  /// ...
  public func key(_ tensor: String) -> String { name.isEmpty ? tensor : "\(name).\(tensor)" }

  /// The keys of all its tensors.
  public var keys: [String] { tensors.map { key($0.key) } }

  /// The quantities that it has.
  public var quantities: Set<BatchNormQuantity> { Set(tensors.map(\.quantity)) }

  /// The keys of its running statistics and counters.
  public var bufferKeys: [String] { tensors.filter(\.quantity.isBuffer).map { key($0.key) } }

  /// The keys of its scalar counters.
  package var scalarKeys: [String] { tensors.filter(layout.isScalar).map { key($0.key) } }

  /// Whether the last component of a tensor's name is that of a BatchNorm's buffer.
  public static func namesBuffer(_ name: String) -> Bool {
    let last = name.split(whereSeparator: { $0 == "." || $0 == "/" }).last ?? ""
    return BatchNormQuantity(rawValue: String(last))?.isBuffer ?? false
  }
}

/// One tensor of a BatchNorm.
struct SiteTensor: Hashable {
  /// Whose values of the quantity it holds.
  enum Part: Hashable {
    /// Values that all devices share.
    case shared
    /// All devices' values, in one tensor.
    case devices
    /// One device's values.
    case device(Int)
  }

  let quantity: BatchNormQuantity
  let part: Part
  /// Relative to the module.
  let key: String
}

extension BatchNormLayout {
  /// The tensors that a BatchNorm of V devices has in this layout, in PyTorch's order.
  func siteTensors(worldSize: Int) -> [SiteTensor] {
    let single = BatchNormQuantity.allCases.flatMap { quantity -> [SiteTensor] in
      guard let placement = tensors[quantity] else { return [] }
      let shared = placement.shared.map { SiteTensor(quantity: quantity, part: .shared, key: $0) }
      guard let devices = placement.devices, devices.form != .each else {
        return shared.map { [$0] } ?? []
      }
      let all = SiteTensor(quantity: quantity, part: .devices, key: devices.key)
      return (shared.map { [$0] } ?? []) + [all]
    }
    return single + (0..<max(0, worldSize - 1)).flatMap(eachTensors)
  }

  /// Whether a tensor is a scalar counter, not a vector with a number for each device.
  func isScalar(_ tensor: SiteTensor) -> Bool {
    let form = tensors[tensor.quantity]?.devices?.form
    return tensor.quantity.isCounter && (tensor.part != .devices || form == .single)
  }

  /// The tensors of device `number + 1`, where each device has its own.
  private func eachTensors(_ number: Int) -> [SiteTensor] {
    BatchNormQuantity.allCases.compactMap { quantity in
      guard let devices = tensors[quantity]?.devices, devices.form == .each else { return nil }
      return SiteTensor(
        quantity: quantity, part: .device(number + 1), key: devices.key(number))
    }
  }
}
