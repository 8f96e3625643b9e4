import DBNTensors

/// A kind of tensor that is not plain values in a storage, by the function or class that rebuilds
/// it: `torch/_utils.py`, `torch/nn/parameter.py`.
struct UnreadableTensor {
  /// What it is: "sparse tensor".
  let name: String
  private let function: String
  /// What to save instead.
  private let advice: String

  private static let all = [
    UnreadableTensor(
      name: "quantised tensor", function: "torch._utils._rebuild_qtensor",
      advice: "save tensor.dequantize(), or tensor.int_repr() with scale and zero point"),
    UnreadableTensor(
      name: "sparse tensor", function: "torch._utils._rebuild_sparse",
      advice: "save tensor.to_dense()"),
    UnreadableTensor(
      name: "meta tensor", function: "torch._utils._rebuild_meta",
      advice: "it has a shape and no values: materialise the model before saving it"),
    UnreadableTensor(
      name: "nested tensor", function: "torch._utils._rebuild_nested",
      advice: "save tensor.unbind(), or torch.nested.to_padded_tensor(tensor, 0)"),
    UnreadableTensor(
      name: "nested tensor", function: "torch.nested._internal.nested_tensor._rebuild_njt",
      advice: "save tensor.unbind(), or torch.nested.to_padded_tensor(tensor, 0)"),
    UnreadableTensor(
      name: "parameter without values", function: "torch.nn.parameter.Uninitialized",
      advice: "run the model once before saving it"),
    UnreadableTensor(
      name: "tensor of a wrapper class", function: "torch._utils._rebuild_wrapper_subclass",
      advice: "save the plain tensor inside it"),
    UnreadableTensor(
      name: "tensor of another device", function: "torch._utils._rebuild_device_tensor",
      advice: "save tensor.cpu()"),
    UnreadableTensor(
      name: "tensor of another device", function: "torch._utils._rebuild_xla",
      advice: "save tensor.cpu()"),
  ]

  private init(name: String, function: String, advice: String) {
    self.name = name
    self.function = function
    self.advice = advice
  }

  /// Returns nil for a name that rebuilds no such tensor.
  init?(rebuiltBy path: String) {
    guard let kind = Self.all.first(where: { path.hasPrefix($0.function) }) else { return nil }
    self = kind
  }

  /// Why it can't be read, as the rest of a sentence about it.
  ///
  /// - Parameter className: the class of a tensor of a wrapper class.
  func reason(_ className: String?) -> String {
    let isDistributed = className?.hasSuffix(".DTensor") == true
    let advice =
      isDistributed ? "save tensor.full_tensor(), or gather the files of all ranks" : advice
    return "is \(withArticle(name))" + (className.map { " (\($0))" } ?? "")
      + ", whose values are not stored as those of plain tensors: \(advice)"
  }
}
