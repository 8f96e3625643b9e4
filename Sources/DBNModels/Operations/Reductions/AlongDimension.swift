package import DBNTensors

/// An operation along one dimension that keeps the shape.
package protocol AlongDimension: GraphOperation {
  var dimension: Int { get }

  init(dimension: Int)
}

extension AlongDimension {
  package init(_ reader: GraphReader) throws(CheckpointError) {
    self.init(dimension: try reader.int("dimension"))
  }

  package var attributes: [JSON.Member] { [.init("dimension", .int(dimension))] }

  package func sized(for operands: OperandShapes) throws(CheckpointError) -> Operation.Sized {
    let input = try operands.required(0)
    let index = input.isEmpty ? 0 : try input.dimension(dimension)
    return (Operation(Self(dimension: index)), [input])
  }
}
