package import DBNTensors

extension Operation {
  /// Operands: input [N, C, ...] of 2 or 3 spatial dimensions, and the positions at which it is
  /// read, [N, ..., 2 or 3], from -1 to 1, the last dimension's first.
  public static func gridSample(_ attributes: GridSample) -> Operation { Operation(attributes) }

  /// The attributes of `torch.nn.functional.grid_sample`.
  public struct GridSample: GraphOperation {
    /// How an element at a position is computed; in PyTorch's order.
    public enum Mode: String, Sendable, Hashable, CaseIterable {
      /// Of the two neighbours along each dimension.
      case linear
      /// The element that is nearest.
      case nearest
      /// Of the four neighbours along both dimensions.
      case cubic
    }

    /// The elements outside the input; in PyTorch's order.
    public enum Padding: String, Sendable, Hashable, CaseIterable {
      /// They are 0.
      case zeros
      /// They are those at the border.
      case border
      /// They are reflected at the border.
      case reflection
    }

    /// How elements are computed.
    public var mode: Mode
    /// The elements outside the input.
    public var padding: Padding
    /// Whether -1 and 1 are the centers of the outermost elements, not their edges.
    public var alignsCorners: Bool

    /// Makes the attributes.
    public init(mode: Mode, padding: Padding, alignsCorners: Bool) {
      self.mode = mode
      self.padding = padding
      self.alignsCorners = alignsCorners
    }

    package static var names: [String] { ["gridSample"] }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      guard let mode = Mode(rawValue: try reader.text("mode")) else { throw reader.invalid("mode") }
      guard let padding = Padding(rawValue: try reader.text("padding")) else {
        throw reader.invalid("padding")
      }
      self.init(
        mode: mode, padding: padding, alignsCorners: try reader.bool("align_corners"))
    }

    package var attributes: [JSON.Member] {
      [
        .init("mode", .string(mode.rawValue)), .init("padding", .string(padding.rawValue)),
        .init("align_corners", .bool(alignsCorners)),
      ]
    }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let (input, grid) = (try operands.required(0), try operands.required(1))
      let rank = input.count - 2
      guard [2, 3].contains(rank), grid.count == rank + 2, grid[0] == input[0],
        grid.last == rank, !input.suffix(rank).contains(0), mode != .cubic || rank == 2
      else {
        throw .shape("an input \(input) cannot be read at a grid \(grid), mode '\(mode.rawValue)'")
      }
      return (Operation(self), [Array(input[..<2] + grid[1..<(rank + 1)])])
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let sampler = GridSampler(self, try operands.required(0), try operands.required(1))
      return [try sampler.output(to: shapes[0])]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      let names = ["grid_sampler", "grid_sampler_2d", "grid_sampler_3d"]
      return GraphImporter.handlers(names) { importer, call throws(CheckpointError) in
        let attributes = GridSample(
          mode: try Mode(&call), padding: try Padding(&call),
          alignsCorners: try call.bool("align_corners", default: false))
        let operands = [
          try importer.operand(of: call.input()), try importer.operand(of: call.tensor("grid")),
        ]
        return try importer.result(.gridSample(attributes), operands, call)
      }
    }
  }
}

extension Operation.GridSample.Mode {
  fileprivate init(_ call: inout ProgramCall) throws(CheckpointError) {
    let index = try call.int("interpolation_mode")
    guard Self.allCases.indices ~= index else {
      throw call.unsupported("the interpolation mode \(index)")
    }
    self = Self.allCases[index]
  }
}

extension Operation.GridSample.Padding {
  fileprivate init(_ call: inout ProgramCall) throws(CheckpointError) {
    let index = try call.int("padding_mode")
    guard Self.allCases.indices ~= index else {
      throw call.unsupported("the padding mode \(index)")
    }
    self = Self.allCases[index]
  }
}
