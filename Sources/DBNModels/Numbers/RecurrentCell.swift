import DBNPlatform
import DBNTensors

/// One direction of one recurrent layer.
struct RecurrentCell {
  let kind: Operation.Recurrence.Cell
  /// [gates * C, I]
  let inputWeight: DenseArray
  /// [gates * C, H]
  let stateWeight: DenseArray
  let inputBias: DenseArray?
  let stateBias: DenseArray?
  /// [H, C], if hidden states are smaller than C.
  let projection: DenseArray?

  private var gates: Int { inputWeight.shape[0] }

  /// The gates' inputs for a whole sequence, [T, N, gates * C].
  func inputs(of sequence: DenseArray) throws(CheckpointError) -> DenseArray {
    try sequence.linear(inputWeight, inputBias, to: sequence.shape.dropLast() + [gates])
  }

  /// Replaces the states, [N, H] and for LSTM [N, C], by those after an element of the sequence.
  func advance(
    _ states: inout [DenseArray], by inputs: DenseArray, at step: Int
  ) throws(CheckpointError) {
    let batch = states[0].shape[0]
    let products = try states[0].linear(stateWeight, stateBias, to: [batch, gates])
    let size = gates / kind.gates
    var hidden = DenseArray(repeating: 0, [batch, size])
    for sample in 0..<batch {
      for index in 0..<size {
        let first = sample * gates + index
        let (place, start) = (sample * size + index, step * batch * gates)
        func input(_ gate: Int) -> Double { inputs.values[start + first + gate * size] }
        func product(_ gate: Int) -> Double { products.values[first + gate * size] }
        switch kind {
        case .tanh: hidden.values[place] = DBNPlatform.tanh(input(0) + product(0))
        case .relu: hidden.values[place] = Activation.relu(input(0) + product(0))
        case .gru:
          let reset = sigmoid(input(0) + product(0))
          let update = sigmoid(input(1) + product(1))
          let new = DBNPlatform.tanh(input(2) + reset * product(2))
          hidden.values[place] = (states[0].values[place] - new) * update + new
        case .lstm:
          let kept = sigmoid(input(1) + product(1)) * states[1].values[place]
          let added =
            sigmoid(input(0) + product(0)) * DBNPlatform.tanh(input(2) + product(2))
          states[1].values[place] = kept + added
          hidden.values[place] =
            sigmoid(input(3) + product(3)) * DBNPlatform.tanh(kept + added)
        }
      }
    }
    states[0] = try projected(hidden)
  }

  private func projected(_ hidden: DenseArray) throws(CheckpointError) -> DenseArray {
    guard let projection else { return hidden }
    return try hidden.linear(projection, nil, to: [hidden.shape[0], projection.shape[0]])
  }
}

private func sigmoid(_ x: Double) -> Double { Activation.sigmoid(x) }
