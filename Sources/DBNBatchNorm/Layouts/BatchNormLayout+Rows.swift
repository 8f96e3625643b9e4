extension BatchNormLayout {
  /// The tensors that hold the rows of a quantity that a running module has, in the rows' order: what
  /// evaluation uses of all devices, or what each device has where that is a row.
  ///
  /// - Parameter rowCount: V, or 1 where all devices share the statistics that evaluation uses.
  /// - Returns: the keys after the module's name, and the rows that the tensor of each holds; empty
  ///   where the layout does not have the quantity.
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

  /// The key by which a quantity is known, after the module's name: what all devices share, or else
  /// what each has; PyTorch's name where the layout does not have it.
  package func key(of quantity: BatchNormQuantity) -> String {
    tensors[quantity].flatMap { $0.shared ?? $0.devices?.key } ?? quantity.rawValue
  }

  /// The shape that a tensor of a quantity has on disk, for V devices of C features.
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

  /// Whether another layout keeps all that it has under the same keys and in the same shapes.
  package func keepsAll(of other: BatchNormLayout) -> Bool {
    other.tensors.allSatisfy { tensors[$0.key] == $0.value }
  }
}
