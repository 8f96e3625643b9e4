import DBNPlatform
import DBNTensors

/// Recurrent layers: `torch.nn.LSTM` and its relatives.
///
/// Source: `aten/src/ATen/native/RNN.cpp`.
struct RecurrenceKernel {
  private let attributes: Operation.Recurrence
  private let operands: [DenseArray]
  private let batch: Int

  init(_ attributes: Operation.Recurrence, _ operands: [DenseArray]) {
    self.attributes = attributes
    self.operands = operands
    batch = operands[1].shape[1]
  }

  func outputs() throws(CheckpointError) -> [DenseArray] {
    var sequence = attributes.isBatchFirst ? transposed(operands[0]) : operands[0]
    var states = Array(operands[1...attributes.states])
    for layer in 0..<attributes.layers {
      var directions: [DenseArray] = []
      for direction in 0..<attributes.directions {
        let index = layer * attributes.directions + direction
        directions.append(
          try run(cell(index), sequence, isReversed: direction == 1, index, &states))
      }
      let width = directions.reduce(0) { $0 + $1.shape[2] }
      sequence = DenseArray.joined(directions, 2, to: [sequence.shape[0], batch, width])
    }
    return [attributes.isBatchFirst ? transposed(sequence) : sequence] + states
  }

  /// The array with its first two dimensions exchanged.
  private func transposed(_ array: DenseArray) -> DenseArray {
    let (shape, strides) = (array.shape, array.shape.strides)
    return array.part(
      [shape[1], shape[0], shape[2]], [strides[1], strides[0], strides[2]], from: 0)
  }

  private func cell(_ index: Int) -> RecurrentCell {
    let first = 1 + attributes.states + index * attributes.parameters
    let parameters = operands[first..<first + attributes.parameters]
    return RecurrentCell(
      kind: attributes.cell, inputWeight: parameters[first], stateWeight: parameters[first + 1],
      inputBias: attributes.hasBiases ? parameters[first + 2] : nil,
      stateBias: attributes.hasBiases ? parameters[first + 3] : nil,
      projection: attributes.hasProjections ? parameters.last : nil)
  }

  /// Runs a cell over a sequence.
  ///
  /// - Parameters:
  ///   - index: which of the initial states is the cell's; replaced by its last.
  /// - Returns: the hidden state of each element, [T, N, H].
  private func run(
    _ cell: RecurrentCell, _ sequence: DenseArray, isReversed: Bool, _ index: Int,
    _ states: inout [DenseArray]
  ) throws(CheckpointError) -> DenseArray {
    let (time, inputs) = (sequence.shape[0], try cell.inputs(of: sequence))
    var current = states.map { state in
      let shape = [Int](state.shape[1...])
      return state.part(shape, shape.strides, from: index * shape.reduce(1, *))
    }
    let size = current[0].values.count
    var outputs = DenseArray(repeating: 0, [time] + current[0].shape)
    for step in isReversed ? Array((0..<time).reversed()) : Array(0..<time) {
      try cell.advance(&current, by: inputs, at: step)
      outputs.replace(current[0], current[0].shape.strides, from: step * size)
    }
    for (number, state) in current.enumerated() {
      states[number].replace(state, state.shape.strides, from: index * state.values.count)
    }
    return outputs
  }
}
