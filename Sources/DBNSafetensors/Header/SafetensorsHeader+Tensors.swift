internal import DBNTensors

extension SafetensorsHeader {
  /// The tensors, their bytes not copied.
  func tensors(in data: ByteRegion) throws(CheckpointError) -> NamedTensors {
    var tensors: [Tensor] = []
    tensors.reserveCapacity(entries.count)
    for (name, entry) in zip(names.names, entries) {
      tensors.append(try entry.tensor(name, in: data))
    }
    return NamedTensors(names, tensors)
  }
}

extension SafetensorsHeader.Entry {
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
