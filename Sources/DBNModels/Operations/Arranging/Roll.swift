package import DBNTensors

extension Operation {
  /// Moves the elements along each of the dimensions; those that leave at one end come in at the
  /// other.
  public static func roll(shifts: [Int], dimensions: [Int]) -> Operation {
    Operation(Roll(shifts: shifts, dimensions: dimensions))
  }

  /// `torch.roll` with given dimensions.
  package struct Roll: GraphOperation {
    let shifts: [Int]
    let dimensions: [Int]

    package static var names: [String] { ["roll"] }

    init(shifts: [Int], dimensions: [Int]) {
      self.shifts = shifts
      self.dimensions = dimensions
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      self.init(shifts: try reader.ints("shifts"), dimensions: try reader.ints("dimensions"))
    }

    package var attributes: [JSON.Member] {
      [.init("shifts", .ints(shifts)), .init("dimensions", .ints(dimensions))]
    }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let input = try operands.required(0)
      guard shifts.count == dimensions.count else {
        throw .shape("there are shifts \(shifts) for the dimensions \(dimensions)")
      }
      let axes = dimensions.isEmpty ? [] : try input.dimensions(dimensions)
      let shifts = zip(shifts, axes).map { shift, axis in
        input[axis] == 0 ? 0 : Size.Arithmetic.remainder(shift, input[axis]) ?? 0
      }
      return (.roll(shifts: shifts, dimensions: axes), [input])
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let strides = shapes[0].strides
      var result = try operands.required(0)
      for (shift, dimension) in zip(shifts, dimensions) where shift > 0 {
        let (size, step) = (shapes[0][dimension], strides[dimension])
        let head = result.part(
          shapes[0].replacing(dimension, with: size - shift), strides, from: 0)
        let tail = result.part(
          shapes[0].replacing(dimension, with: shift), strides, from: (size - shift) * step)
        result = result.replacing(head, strides, from: shift * step)
          .replacing(tail, strides, from: 0)
      }
      return [result]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "roll": { importer, call throws(CheckpointError) in
          let shifts = try call.ints("shifts").orProgramError("`shifts`")
          if let dimensions = try call.ints("dims") {
            return try importer.result(
              .roll(shifts: shifts, dimensions: dimensions), of: call.tensor(), call)
          }
          let flat = try importer.single(
            .flatten(start: 0, end: -1), [importer.operand(of: call.tensor())],
            call.node.name + ".flat")
          let rolled = try importer.single(
            .roll(shifts: shifts, dimensions: [0]), [flat], call.node.name + ".rolled")
          return try importer.result(
            .reshape(importer.sizes(of: call.tensor())), [rolled], call)
        }
      ]
    }
  }
}
