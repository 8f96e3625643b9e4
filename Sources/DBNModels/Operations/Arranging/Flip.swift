package import DBNTensors

extension Operation {
  /// Reverses the order along the dimensions.
  public static func flip(dimensions: [Int]) -> Operation {
    Operation(Flip(dimensions: dimensions))
  }

  /// `torch.flip`.
  package struct Flip: StridedCopying {
    let dimensions: [Int]

    package static var names: [String] { ["flip"] }

    init(dimensions: [Int]) {
      self.dimensions = dimensions
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      dimensions = try reader.ints("dimensions")
    }

    package var attributes: [JSON.Member] { [.init("dimensions", .ints(dimensions))] }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let input = try operands.required(0)
      return (
        .flip(dimensions: dimensions.isEmpty ? [] : try input.dimensions(dimensions)), [input]
      )
    }

    package func copies(of input: [Int], to shapes: [[Int]]) -> [StridedCopy] {
      var (strides, start) = (input.strides, 0)
      for dimension in dimensions {
        start += (input[dimension] - 1) * strides[dimension]
        strides[dimension].negate()
      }
      return [StridedCopy(input, from: start, strides: strides)]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "flip": { importer, call throws(CheckpointError) in
          try importer.result(.flip(dimensions: call.ints("dims") ?? []), of: call.tensor(), call)
        },
        "fliplr": { importer, call throws(CheckpointError) in
          try importer.result(.flip(dimensions: [1]), of: call.tensor(), call)
        },
        "flipud": { importer, call throws(CheckpointError) in
          try importer.result(.flip(dimensions: [0]), of: call.tensor(), call)
        },
      ]
    }
  }
}
