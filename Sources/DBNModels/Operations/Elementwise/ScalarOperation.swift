package import DBNTensors

/// An operation on the elements of a tensor whose only attribute is a number.
package protocol ScalarOperation: GraphOperation {
  var number: Double { get }

  init(_ number: Double)

  /// What becomes of an element.
  func value(_ element: Double) -> Double
}

extension ScalarOperation {
  package init(_ reader: GraphReader) throws(CheckpointError) {
    self.init(try reader.number("number"))
  }

  package var attributes: [JSON.Member] { [.init("number", .double(number))] }

  package func outputs(
    of operands: OperandArrays, shapes: [[Int]]
  ) throws(CheckpointError) -> [DenseArray] {
    [try operands.required(0).mapped(value)]
  }
}
