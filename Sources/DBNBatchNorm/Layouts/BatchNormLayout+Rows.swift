package import DBNTensors

extension BatchNormLayout {
  /// The tensors that hold a quantity's rows as a module uses them at run time, in the rows' order:
  /// the shared tensor that evaluation uses, or each device's where evaluation uses rows.
  ///
  /// - Parameter rowCount: V, or 1 where all devices share the statistics that evaluation uses.
  /// - Returns: the keys relative to the module, and the rows that each key's tensor holds; empty
  ///   if the layout does not have the quantity.
  package func rowTensors(
    of quantity: BatchNormQuantity, rowCount: Int
  ) -> [(key: String, rows: Range<Int>)] {
    guard let placement = tensors[quantity] else { return [] }
    let isOfDevices = evaluation != .shared && quantity.isBuffer
    guard let devices = placement.devices, isOfDevices || placement.shared == nil else {
      return placement.shared.map { [($0, 0..<1)] } ?? []
    }
    switch devices.form {
    case .rows, .joined: return [(devices.key, 0..<rowCount)]
    case .single: return [(devices.key, 0..<1)]
    case .each:
      return (placement.shared.map { [($0, 0..<1)] } ?? [])
        + (0..<max(0, rowCount - 1)).map { (devices.key($0), $0 + 1..<$0 + 2) }
    }
  }

  /// The key of a quantity, relative to the module: of the shared tensor, or else of the per-device
  /// one; PyTorch's name if the layout does not have the quantity.
  package func key(of quantity: BatchNormQuantity) -> String {
    tensors[quantity].flatMap { $0.shared ?? $0.devices?.key } ?? quantity.rawValue
  }

  /// The on-disk shape of a quantity's tensor, for V devices and C features.
  package func shape(
    of quantity: BatchNormQuantity, features: Int, worldSize: Int
  ) -> [Int] {
    let row = quantity.isCounter ? [] : [features]
    guard let placement = tensors[quantity], placement.shared == nil,
      let form = placement.devices?.form
    else { return row }
    switch form {
    case .rows: return [worldSize] + row
    case .joined: return [worldSize * (row.first ?? 1)]
    case .each, .single: return row
    }
  }

  /// Whether this layout contains everything the other one has, under the same keys and in the same
  /// shapes.
  package func keepsAll(of other: BatchNormLayout) -> Bool {
    other.tensors.allSatisfy { tensors[$0.key] == $0.value }
  }
}
