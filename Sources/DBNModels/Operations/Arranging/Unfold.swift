package import DBNTensors

extension Operation {
  /// The slices of `size` elements of a dimension, `step` apart: the dimension has an element for
  /// each of them, and a new last dimension has their elements.
  public static func unfold(dimension: Int, size: Int, step: Int) -> Operation {
    Operation(Unfold(dimension: dimension, size: size, step: step))
  }

  /// `torch.Tensor.unfold`.
  package struct Unfold: StridedCopying {
    let dimension: Int
    let size: Int
    let step: Int

    package static var names: [String] { ["unfold"] }

    init(dimension: Int, size: Int, step: Int) {
      self.dimension = dimension
      self.size = size
      self.step = step
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      self.init(
        dimension: try reader.int("dimension"), size: try reader.int("size"),
        step: try reader.int("step"))
    }

    package var attributes: [JSON.Member] {
      [
        .init("dimension", .int(dimension)), .init("size", .int(size)), .init("step", .int(step)),
      ]
    }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let input = try operands.required(0)
      let axis = try input.dimension(dimension)
      guard 0...input[axis] ~= size, step > 0 else {
        throw .shape("\(input) has no slices of \(size) elements, \(step) apart")
      }
      // Of steps over the whole dimension, all are the same; a large one could overflow.
      let step = min(step, input[axis] + 1)
      let count = (input[axis] - size) / step + 1
      return (
        .unfold(dimension: axis, size: size, step: step),
        [input.replacing(axis, with: count) + [size]]
      )
    }

    package func copies(of input: [Int], to shapes: [[Int]]) -> [StridedCopy] {
      var strides = input.strides
      strides.append(strides[dimension])
      strides[dimension] *= step
      return [StridedCopy(shapes[0], strides: strides)]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "unfold": { importer, call throws(CheckpointError) in
          let operation = Operation.unfold(
            dimension: try call.int("dimension"), size: try call.int("size"),
            step: try call.int("step"))
          return try importer.view(of: call.tensor(), operation)
        }
      ]
    }
  }
}
