package import DBNTensors

/// An operation that makes one number of all along some dimensions; of all numbers where it names no
/// dimensions.
package protocol Reduction: GraphOperation {
  var dimensions: [Int] { get }
  /// Whether these dimensions stay, with one element each.
  var keepsDimensions: Bool { get }

  init(dimensions: [Int], keepsDimensions: Bool)
}

extension Reduction {
  package init(_ reader: GraphReader) throws(CheckpointError) {
    self.init(dimensions: try reader.ints("dimensions"), keepsDimensions: try reader.bool("keeps"))
  }

  package var attributes: [JSON.Member] {
    [.init("dimensions", .ints(dimensions)), .init("keeps", .bool(keepsDimensions))]
  }

  package func sized(for operands: OperandShapes) throws(CheckpointError) -> Operation.Sized {
    let input = try operands.required(0)
    let over = try input.dimensions(dimensions)
    return (
      Operation(Self(dimensions: over, keepsDimensions: keepsDimensions)),
      [input.reduced(over, keeps: keepsDimensions)]
    )
  }
}
