internal import DBNTensors

extension SafetensorsHeader {
  /// The tensors, their bytes not copied, and what can't be read.
  func tensors(in data: ByteRegion) throws(CheckpointError) -> NamedTensors {
    let unreadable = entries.map(\.unreadable)
    guard unreadable.contains(where: { $0 != nil }) else { return try tensors(names, in: data) }
    var readable = SafetensorsHeader()
    for (index, entry) in entries.enumerated() where unreadable[index] == nil {
      _ = readable.names.add(names.names[index])
      readable.entries.append(entry)
    }
    var result = try readable.tensors(readable.names, in: data)
    result.unreadable = zip(names.names, unreadable).enumerated().compactMap { place, entry in
      entry.1.map { .init(name: entry.0, value: $0, place: place) }
    }
    return result
  }

  private func tensors(
    _ names: NameTable, in data: ByteRegion
  ) throws(CheckpointError) -> NamedTensors {
    var tensors: [Tensor] = []
    tensors.reserveCapacity(entries.count)
    for (name, entry) in zip(names.names, entries) {
      tensors.append(try entry.tensor(name, in: data))
    }
    return NamedTensors(names, tensors)
  }
}

extension SafetensorsHeader.Entry {
  /// What stands for a tensor of elements that PyTorch does not have; nil for all others.
  fileprivate var unreadable: OpaqueValue? {
    let what = "\(type.rawValue) tensor"
    let save = "save it as F8_E4M3 or BF16"
    if type.scalarType == nil {
      return .unreadable(
        what, "has elements of the type \(type.rawValue), which PyTorch does not have: \(save)")
    }
    if type == .float4, shape.last.map({ $0 % 2 != 0 }) ?? true {
      return .unreadable(
        what,
        "has elements of the type F4 in rows of an odd number, which do not fill whole bytes as "
          + "PyTorch's do: \(save)")
    }
    return nil
  }

  /// The tensor, its bytes not copied.
  ///
  /// - Parameter name: for errors.
  func tensor(_ name: String, in data: ByteRegion) throws(CheckpointError) -> Tensor {
    do throws(CheckpointError) {
      return try Tensor(scalarType(), shape: tensorShape(), storage: storage(in: data))
    } catch {
      throw error.with(name: name)
    }
  }

  /// Only of a file that is salvaged can the data end before the tensor does.
  private func storage(in data: ByteRegion) throws(CheckpointError) -> TensorStorage {
    guard end <= data.count else { return .lost(byteCount: end - start) }
    return TensorStorage(try data.slice(from: start, count: end - start))
  }

  private func scalarType() throws(CheckpointError) -> ScalarType {
    guard let scalarType = type.scalarType else {
      throw CheckpointError(
        .unsupportedScalarType, "is of type \(type.rawValue), which PyTorch does not have")
    }
    return scalarType
  }

  /// PyTorch counts pairs of 4-bit floats; the format counts each float.
  private func tensorShape() throws(CheckpointError) -> [Int] {
    guard type == .float4 else { return shape }
    guard let last = shape.last, last % 2 == 0 else {
      throw CheckpointError(
        .unsupportedScalarType, "F4 \(shape) has rows that do not fill whole bytes")
    }
    return shape.dropLast() + [last / 2]
  }
}
