package import DBNTensors

/// A pooling over windows of nearly equal size, as many as the output has elements.
package protocol AdaptivePooling: GraphOperation {
  /// The output's spatial sizes.
  var output: [Int] { get }

  init(_ output: [Int])
}

extension AdaptivePooling {
  package init(_ reader: GraphReader) throws(CheckpointError) {
    self.init(try reader.ints("sizes"))
  }

  package var attributes: [JSON.Member] { [.init("sizes", .ints(output))] }

  package func sized(for operands: OperandShapes) throws(CheckpointError) -> Operation.Sized {
    let input = try operands.required(0)
    guard (1...3).contains(output.count), [1, 2].contains(input.count - output.count),
      output.allSatisfy({ $0 >= 0 }), !input.suffix(output.count).contains(0) || output.contains(0)
    else { throw .shape("an input \(input) cannot be pooled to \(output)") }
    return (Operation(self), [input.dropLast(output.count) + output])
  }
}
