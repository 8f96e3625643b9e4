import DBNTensors

/// The shapes of the outputs of recurrent layers, whose operands have been checked.
struct RecurrenceShapes {
  let outputs: [[Int]]

  /// - Parameter shapes: of all operands.
  /// - Throws: `shapeMismatch`.
  init(_ attributes: Operation.Recurrence, _ shapes: [[Int]]) throws(CheckpointError) {
    let (states, parameters) = (attributes.states, attributes.parameters)
    let error = CheckpointError.shape(
      "recurrent layers do not fit operands of the shapes \(shapes)")
    guard let cells = [attributes.layers, attributes.directions].product, cells > 0,
      let weights = [cells, parameters].product, shapes.count - 1 - states == weights,
      shapes[0].count == 3, shapes[1].count == 3, shapes[states].count == 3
    else { throw error }
    let input = attributes.isBatchFirst ? shapes[0] : [shapes[0][1], shapes[0][0], shapes[0][2]]
    // With projections, the hidden state is smaller than the cell state.
    let (hidden, cell) = (shapes[1][2], shapes[states][2])
    guard input[1] > 0, hidden > 0, cell > 0, hidden == cell || attributes.hasProjections,
      !attributes.hasProjections || attributes.cell == .lstm,
      (1...states).allSatisfy({ shapes[$0].dropLast() == [cells, input[0]] }),
      let gates = [attributes.cell.gates, cell].product,
      let wide = [attributes.directions, hidden].product
    else { throw error }
    for index in 0..<cells {
      let size = index < attributes.directions ? input[2] : wide
      let expected =
        [[gates, size], [gates, hidden]] + (attributes.hasBiases ? [[gates], [gates]] : [])
        + (attributes.hasProjections ? [[hidden, cell]] : [])
      let first = 1 + states + index * parameters
      guard Array(shapes[first..<first + parameters]) == expected else { throw error }
    }
    let (batch, time) = (input[0], input[1])
    outputs =
      [attributes.isBatchFirst ? [batch, time, wide] : [time, batch, wide]]
      + shapes[1...states]
  }
}
