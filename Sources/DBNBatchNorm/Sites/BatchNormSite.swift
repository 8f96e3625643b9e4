import DBNTensors

/// One BatchNorm found in a state dict: where it stands and how it keeps its state.
public struct BatchNormSite: Sendable {
  /// The module's name, `layer1.0.bn1`; empty when the whole state dict is one BatchNorm.
  public let name: String
  /// How it keeps its state.
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

  /// The key in the state dict of one of its tensors, by the key that the layout has for it:
  /// `running_mean`, `weight` ...
  public func key(_ tensor: String) -> String { name.isEmpty ? tensor : "\(name).\(tensor)" }

  /// The keys of all its tensors.
  public var keys: [String] { tensors.map { key($0.key) } }

  /// What it has of all that a BatchNorm can have.
  public var quantities: Set<BatchNormQuantity> { Set(tensors.map(\.quantity)) }

  /// The keys of its running statistics and counters.
  public var bufferKeys: [String] { tensors.filter(\.quantity.isBuffer).map { key($0.key) } }

  /// The keys of the counters that are one number each.
  package var scalarKeys: [String] { tensors.filter(layout.isScalar).map { key($0.key) } }

  /// Whether a tensor of this name is the buffer of a BatchNorm, by its last part.
  public static func namesBuffer(_ name: String) -> Bool {
    let last = name.split(whereSeparator: { $0 == "." || $0 == "/" }).last ?? ""
    return BatchNormQuantity(rawValue: String(last))?.isBuffer ?? false
  }
}

/// One tensor of a BatchNorm.
struct SiteTensor: Hashable {
  /// Which part of the quantity it holds.
  enum Part: Hashable {
    /// What all devices share.
    case shared
    /// What the devices have, in one tensor.
    case devices
    /// What one device has.
    case device(Int)
  }

  let quantity: BatchNormQuantity
  let part: Part
  /// After the module's name.
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

  /// Whether a tensor is a counter of no dimensions, not one with a number for each device.
  func isScalar(_ tensor: SiteTensor) -> Bool {
    let form = tensors[tensor.quantity]?.devices?.form
    return tensor.quantity.isCounter && (tensor.part != .devices || form == .single)
  }

  /// Those of device `number + 1`, where each has its own.
  private func eachTensors(_ number: Int) -> [SiteTensor] {
    BatchNormQuantity.allCases.compactMap { quantity in
      guard let devices = tensors[quantity]?.devices, devices.form == .each else { return nil }
      return SiteTensor(
        quantity: quantity, part: .device(number + 1), key: devices.key(number))
    }
  }
}
