import DBNTensors

/// Tensors, as PyTorch's `Tensor.__reduce_ex__` writes them: calls of the functions that rebuild
/// them from a storage.
extension PickleWriter {
  mutating func write(_ tensor: Tensor) {
    switch tensor.kind {
    case .tensor:
      put(global: Self.function(for: tensor))
      putArguments(of: tensor, requiresGrad: tensor.requiresGrad)
      put(.reduce)
    case .parameter: putParameter(tensor)
    case .buffer: putBuffer(tensor)
    }
  }

  /// `torch._utils._rebuild_parameter(data, requires_grad, hooks)`.
  private mutating func putParameter(_ tensor: Tensor) {
    put(global: PickleName.rebuildParameter)
    put(global: Self.function(for: tensor))
    putArguments(of: tensor, requiresGrad: false)
    put(.reduce)
    put(tensor.requiresGrad)
    putNoHooks()
    put(.tuple3)
    put(.reduce)
  }

  /// `torch._tensor._rebuild_from_type_v2(function, type, arguments, state)`: an `nn.Buffer` is a
  /// tensor with two attributes.
  private mutating func putBuffer(_ tensor: Tensor) {
    put(global: PickleName.rebuildFromType)
    put(.mark)
    put(global: Self.function(for: tensor))
    put(global: PickleName.tensor)
    putArguments(of: tensor, requiresGrad: tensor.requiresGrad)
    put(.emptyDict)
    put(.mark)
    put(PickleName.BufferAttribute.persistent)
    put(true)
    put(PickleName.BufferAttribute.isBuffer)
    put(true)
    put(.setItems)
    put(.tuple)
    put(.reduce)
  }

  private static func function(for tensor: Tensor) -> String {
    let hasClass = TorchStorageType.className(of: tensor.scalarType) != nil
    return hasClass ? PickleName.rebuildTensorV2 : PickleName.rebuildTensorV3
  }

  /// `(storage, offset, size, stride, requires_grad, hooks[, dtype])`.
  private mutating func putArguments(of tensor: Tensor, requiresGrad: Bool) {
    let className = TorchStorageType.className(of: tensor.scalarType)
    put(.mark)
    putStorage(of: tensor, className)
    put(0)
    put(tensor.shape)
    put(tensor.shape.contiguousStrides)
    put(requiresGrad)
    putNoHooks()
    if className == nil { put(global: PickleName.scalarType(tensor.scalarType)) }
    put(.tuple)
  }

  /// The persistent id `('storage', type, key, location, count)`.
  private mutating func putStorage(of tensor: Tensor, _ className: String?) {
    put(.mark)
    put(PickleName.storage)
    put(global: className ?? PickleName.untypedStorage)
    put(once: "\(record(of: tensor))")
    put("cpu")
    put(className == nil ? tensor.byteCount : tensor.count)
    put(.tuple)
    put(.binPersID)
  }

  private mutating func putNoHooks() {
    put(global: PickleName.orderedDict)
    put(.emptyTuple)
    put(.reduce)
  }
}
