package import DBNTensors

extension Operation {
  /// Operands: input [T, N, I]; the initial hidden state [layers * directions, N, H], and for LSTM
  /// the cell state; then, for each layer and direction, PyTorch's weights and biases. Outputs: all
  /// hidden states of the last layer, [T, N, directions * H]; the last hidden state of each layer,
  /// and for LSTM the last cell state.
  public static func recurrence(_ attributes: Recurrence) -> Operation { Operation(attributes) }

  /// The attributes of `torch.nn.LSTM` and its relatives.
  public struct Recurrence: GraphOperation {
    /// How the next state follows from the state and the input.
    public enum Cell: String, Sendable, Hashable, CaseIterable {
      /// `torch.nn.LSTM`
      case lstm
      /// `torch.nn.GRU`
      case gru
      /// `torch.nn.RNN` with `tanh`
      case tanh
      /// `torch.nn.RNN` with `relu`
      case relu
    }

    /// The kind of cell.
    public var cell: Cell
    /// The number of layers, each of which has the outputs of the one before as its input.
    public var layers: Int
    /// Whether a second cell of each layer reads the input from the end.
    public var isBidirectional: Bool
    /// Whether there are biases.
    public var hasBiases: Bool
    /// Whether hidden states are multiplied with a matrix: LSTM's `proj_size`.
    public var hasProjections: Bool
    /// Whether the input and the output are [N, T, ...].
    public var isBatchFirst: Bool

    /// Makes the attributes.
    public init(
      _ cell: Cell, layers: Int = 1, isBidirectional: Bool = false, hasBiases: Bool = true,
      hasProjections: Bool = false, isBatchFirst: Bool = false
    ) {
      self.cell = cell
      self.layers = layers
      self.isBidirectional = isBidirectional
      self.hasBiases = hasBiases
      self.hasProjections = hasProjections
      self.isBatchFirst = isBatchFirst
    }

    package static var names: [String] { ["recurrence"] }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      guard let cell = Cell(rawValue: try reader.text("cell")) else { throw reader.invalid("cell") }
      self.init(
        cell, layers: try reader.int("layers"), isBidirectional: try reader.bool("bidirectional"),
        hasBiases: try reader.bool("biases"), hasProjections: try reader.bool("projections"),
        isBatchFirst: try reader.bool("batch_first"))
    }

    package var attributes: [JSON.Member] {
      [
        .init("cell", .string(cell.rawValue)), .init("layers", .int(layers)),
        .init("bidirectional", .bool(isBidirectional)), .init("biases", .bool(hasBiases)),
        .init("projections", .bool(hasProjections)), .init("batch_first", .bool(isBatchFirst)),
      ]
    }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      (Operation(self), try RecurrenceShapes(self, operands.all()).outputs)
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      try RecurrenceKernel(self, operands.given).outputs()
    }
  }
}

extension Operation.Recurrence {
  var directions: Int { isBidirectional ? 2 : 1 }

  /// The number of states that each cell has.
  var states: Int { cell == .lstm ? 2 : 1 }

  /// The number of weights and biases that each cell has.
  var parameters: Int { (hasBiases ? 4 : 2) + (hasProjections ? 1 : 0) }
}

extension Operation.Recurrence.Cell {
  /// The number of vectors that are computed from the state and the input.
  var gates: Int {
    switch self {
    case .lstm: 4
    case .gru: 3
    case .tanh, .relu: 1
    }
  }
}
