import DBNTensors

extension PickleGlobal {
  /// The error for a name that is not in the table, with advice.
  static func refusal(of path: String, by operation: PickleOperation) -> CheckpointError {
    if let kind = tensorKinds.first(where: { path.hasPrefix($0.prefix) }) {
      return CheckpointError(
        .torchTensorKind, "is \(kind.what) (\(path)), which has no plain values to convert",
        advice: kind.advice)
    }
    if path.hasPrefix("torch.nn.") || path.hasPrefix("torchvision.models.") {
      return CheckpointError(
        .torchModule, "is a whole pickled module (\(path)), not its weights",
        advice: "load it in Python and save its weights: torch.save(model.state_dict(), path)")
    }
    let advice = replacements.first { path.hasPrefix($0.prefix) }?.advice
    return CheckpointError(
      .pickleGlobal,
      "the pickle names \(path) (\(operation.name)), which no checkpoint of weights needs; nothing "
        + "in the file was executed",
      advice: advice
        ?? "if you trust the file, load it in Python and save the state dict alone: "
        + "torch.save(model.state_dict(), path)")
  }

  /// Kinds of tensors that are not plain values in a storage, by the name of the function that
  /// rebuilds them.
  private static let tensorKinds: [(prefix: String, what: String, advice: Guidance)] = [
    (
      "torch._utils._rebuild_qtensor", "a quantized tensor",
      "save tensor.dequantize(), or the tensor.int_repr() with scale and zero point"
    ),
    ("torch.q", "of a quantized type", "save tensor.dequantize() instead"),
    ("torch.QInt8", "of the quantized type qint8", "save tensor.dequantize() instead"),
    ("torch.QUInt8", "of the quantized type quint8", "save tensor.dequantize() instead"),
    ("torch.QInt32", "of the quantized type qint32", "save tensor.dequantize() instead"),
    ("torch.QUInt4x2", "of the quantized type quint4x2", "save tensor.dequantize() instead"),
    ("torch.QUInt2x4", "of the quantized type quint2x4", "save tensor.dequantize() instead"),
    ("torch.per_", "a quantized tensor", "save tensor.dequantize() instead"),
    (
      "torch._utils._rebuild_sparse", "a sparse tensor",
      "save tensor.to_dense(), or its indices and values as two tensors"
    ),
    ("torch.sparse", "a sparse tensor", "save tensor.to_dense() instead"),
    (
      "torch._utils._rebuild_meta", "a meta tensor",
      "materialise the model before saving it: a meta tensor has a shape but no values"
    ),
    (
      "torch._utils._rebuild_nested", "a nested tensor",
      "save tensor.unbind(), or torch.nested.to_padded_tensor(tensor, 0)"
    ),
    ("torch.nested", "a nested tensor", "save tensor.unbind() instead"),
    (
      "torch.nn.parameter.Uninitialized", "a parameter without values",
      "run the model once before saving it"
    ),
    (
      "torch._utils._rebuild_wrapper_subclass", "a tensor of a wrapper class",
      "save the plain tensor inside it"
    ),
    (
      "torch.distributed", "a distributed tensor", "save tensor.full_tensor() instead"
    ),
    (
      "torch._utils._rebuild_device_tensor", "a tensor of another device",
      "save tensor.cpu() instead"
    ),
    ("torch._utils._rebuild_xla", "a tensor of another device", "save tensor.cpu() instead"),
    ("torch.ScriptObject", "a TorchScript object", "save its state_dict() instead"),
    ("torch.jit", "a TorchScript object", "save its state_dict() instead"),
    ("torch.int", "of a type of less than 8 bits", "save it as torch.int8 instead"),
    ("torch.uint", "of a type of less than 8 bits", "save it as torch.uint8 instead"),
  ]

  /// Objects that are often in a file beside a state dict, and what to save instead.
  private static let replacements: [(prefix: String, advice: Guidance)] = [
    ("numpy.", "save value.item() for a NumPy number, torch.from_numpy(value) for an array"),
    ("argparse.Namespace", "save vars(args) instead of args"),
    ("pathlib.", "save str(path) instead of the path"),
    (PickleName.frozenSet, "save a set instead"),
    ("collections.defaultdict", "save dict(value) instead"),
    ("collections.deque", "save list(value) instead"),
    ("datetime.", "save str(value) instead"),
    ("decimal.", "save float(value) instead"),
    ("omegaconf.", "save OmegaConf.to_container(config) instead"),
    ("easydict.", "save dict(config) instead"),
  ]
}
