extension BatchNormLayout {
  /// The tensors that hold the rows of a quantity that a running module has, in the rows' order: what
  /// evaluation uses of all devices, or what each device has where that is a row.
  ///
  /// - Parameter rowCount: V, or 1 where all devices share the statistics that evaluation uses.
  /// - Returns: the keys behind the module's name, and the rows that the tensor of each holds; empty
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
}
