/// The constants of PyTorch that a checkpoint can hold as values, and that nothing here computes
/// with.
///
/// Source: `torch/_weights_only_unpickler.py` (`_get_allowed_globals`), `torch/serialization.py`
/// (`_get_layout`).
enum TorchConstants {
  /// Those that pickles name directly: quantisation schemes, and types that tensors here can't have.
  static let globals: [String] =
    [
      "per_tensor_affine", "per_tensor_symmetric", "per_channel_affine", "per_channel_symmetric",
      "per_channel_affine_float_qparams", "qint8", "quint8", "qint32", "quint4x2", "quint2x4",
    ].map { "torch.\($0)" } + (1...7).flatMap { ["torch.int\($0)", "torch.uint\($0)"] }

  /// Classes that `weights_only` loading accepts as values, and that are kept as such by their names.
  static let classes: Set<String> = Set(
    ["BFloat16", "Byte", "Char", "Double", "Float", "Half", "Int", "Long", "Short"].flatMap {
      ["torch.sparse.\($0)Tensor", "torch.cuda.sparse.\($0)Tensor"]
    } + ["torch.storage.TypedStorage"])

  /// The arguments of `torch.serialization._get_layout`.
  static let layouts: Set<String> = [
    "torch.strided", "torch.sparse_coo", "torch.sparse_csr", "torch.sparse_csc",
    "torch.sparse_bsr", "torch.sparse_bsc", "torch._mkldnn", "torch.jagged",
  ]
}
