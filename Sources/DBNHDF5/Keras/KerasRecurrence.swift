internal import DBNTensors

/// A recurrent layer of Keras whose weights are those of a module of PyTorch.
///
/// Keras has kernels [in, gates * units], PyTorch [gates * units, in]. An LSTM's gates have the same
/// order in both: input, forget, cell, output. A GRU's are update, reset, candidate in Keras, and
/// reset, update, candidate in PyTorch. Keras adds one bias to an LSTM, and two to a GRU, as PyTorch
/// adds to both.
///
/// Source: `keras/src/layers/rnn/lstm.py` and `gru.py`; `torch.nn.LSTM` and `torch.nn.GRU`.
enum KerasRecurrence: Hashable {
  case lstm
  case gru

  /// The indices of PyTorch's gates among Keras'.
  private var gates: [Int] { self == .lstm ? [0, 1, 2, 3] : [1, 0, 2] }

  var gateCount: Int { gates.count }

  /// A kernel as PyTorch has it.
  func kernel(_ tensor: Tensor) throws(CheckpointError) -> Tensor {
    try tensor.permuted([1, 0]).takingParts(gates, of: gateCount)
  }

  /// The biases that are added to the products with the input, and with the last output.
  func biases(_ tensor: Tensor) throws(CheckpointError) -> (input: Tensor, hidden: Tensor) {
    switch self {
    case .lstm:
      let zeros = TensorStorage(zeros: tensor.byteCount)
      return (tensor, try Tensor(tensor.scalarType, shape: tensor.shape, storage: zeros))
    case .gru:
      let size = tensor.shape.last ?? 0
      let input = try tensor.takingParts([0], of: 2).reshaped([size])
      let hidden = try tensor.takingParts([1], of: 2).reshaped([size])
      return (
        try input.takingParts(gates, of: gateCount), try hidden.takingParts(gates, of: gateCount)
      )
    }
  }

  /// A kernel of PyTorch as Keras has it. The order of a GRU's gates is its own inverse.
  func restoredKernel(_ tensor: Tensor) throws(CheckpointError) -> Tensor {
    try tensor.takingParts(gates, of: gateCount).permuted([1, 0])
  }

  /// The biases of PyTorch as Keras has them; those of an LSTM are added.
  func restoredBias(
    input: Tensor, hidden: Tensor, shape: [Int]
  ) throws(CheckpointError) -> Tensor {
    switch self {
    case .lstm:
      let sums = try zip(input.doubles(), hidden.doubles()).map { $0 + $1 }
      return try Tensor(rounding: sums, to: input.scalarType, shape: shape)
    case .gru:
      let parts = [input, hidden]
      let taken = try parts.map { part throws(CheckpointError) in
        try part.takingParts(gates, of: gateCount).storage
      }
      return try Tensor(
        input.scalarType, shape: shape, storage: TensorStorage(JoinedBytes(taken)),
        kind: input.kind, requiresGrad: input.requiresGrad)
    }
  }

  /// Why a layer with this configuration computes something else than PyTorch's module; nil if it
  /// does not.
  func objection(to layer: KerasConfiguration.Layer?, hasBias: Bool) -> String? {
    let (activation, gateActivation) = (layer?.activation, layer?.recurrentActivation)
    if let activation, activation != "tanh" { return Self.objection("activation", activation) }
    if let gateActivation, gateActivation != "sigmoid" {
      return Self.objection("recurrent activation", gateActivation)
    }
    // Without the configuration, the shape of a GRU's bias shows it, if there is one.
    guard self == .gru, !(layer?.resetsAfter ?? hasBias) else { return nil }
    return
      "its reset gate may apply before the multiplication, and that of PyTorch's GRU applies after"
  }

  private static func objection(_ what: String, _ name: String) -> String {
    "its \(what) is \(name.visible()), which PyTorch's module does not have"
  }
}

extension Tensor {
  /// Parts of the first axis, which is divided into equal ones, in another order.
  fileprivate func takingParts(_ parts: [Int], of count: Int) throws(CheckpointError) -> Tensor {
    let size = byteCount / count
    let ranges = parts.map { JoinedRanges.Part(storage, $0 * size..<($0 + 1) * size) }
    let first = (shape.first ?? 0) / count * parts.count
    return try Tensor(
      scalarType, shape: [first] + shape.dropFirst(), storage: TensorStorage(JoinedRanges(ranges)),
      kind: kind,
      requiresGrad: requiresGrad)
  }
}
