package import DBNTensors

extension Operation {
  /// Operands: two tensors, broadcast.
  public static func binary(_ function: BinaryFunction) -> Operation { Operation(function) }
}

/// A function of two numbers, applied element by element.
///
/// Truth values are 1 and 0; every number but 0 counts as true. Bitwise functions are those of
/// integers of 64 bits.
public enum BinaryFunction: String, Sendable, Hashable, CaseIterable {
  /// The first number raised to the second.
  case raised
  /// The angle of the point (second, first) with the x axis.
  case arctangent2
  /// The square root of the sum of squares.
  case hypotenuse
  /// The first number with the sign of the second.
  case copySign
  /// The remainder with the sign of the divisor, as Python's.
  case remainder
  /// The remainder with the sign of the dividend, as C's.
  case truncatedRemainder
  /// The quotient rounded down.
  case floorDivide
  /// The quotient without the digits after the point.
  case truncatedDivide
  /// The larger number; of a number and NaN, the number.
  case largerNumber
  /// The smaller number; of a number and NaN, the number.
  case smallerNumber
  /// `x * log(y)`; 0 where x is 0.
  case productWithLogarithm
  /// `log(exp(x) + exp(y))`
  case logarithmOfSum
  case logicalAnd, logicalOr, logicalXor
  case bitwiseAnd, bitwiseOr, bitwiseXor, shiftLeft, shiftRight
}

extension BinaryFunction: FunctionFamily {
  package func sized(for operands: OperandShapes) throws(CheckpointError) -> Operation.Sized {
    (Operation(self), [try operands.broadcast()])
  }

  package func outputs(
    of operands: OperandArrays, shapes: [[Int]]
  ) throws(CheckpointError) -> [DenseArray] {
    let (first, second) = (try operands.required(0), try operands.required(1))
    return [first.combined(with: second, to: shapes[0], callAsFunction)]
  }

  package static var functions: [String: BinaryFunction] {
    [
      "atan2": .arctangent2, "hypot": .hypotenuse,
      "copysign": .copySign, "remainder": .remainder, "fmod": .truncatedRemainder,
      "floor_divide": .floorDivide, "fmax": .largerNumber, "fmin": .smallerNumber,
      "xlogy": .productWithLogarithm,
      "logaddexp": .logarithmOfSum, "logical_and": .logicalAnd, "logical_or": .logicalOr,
      "logical_xor": .logicalXor, "bitwise_and": .bitwiseAnd, "bitwise_or": .bitwiseOr,
      "bitwise_xor": .bitwiseXor, "__and__": .bitwiseAnd, "__or__": .bitwiseOr,
      "__xor__": .bitwiseXor, "bitwise_left_shift": .shiftLeft, "__lshift__": .shiftLeft,
      "bitwise_right_shift": .shiftRight, "__rshift__": .shiftRight,
    ]
  }

  package static var handlers: [String: GraphImporter.Handler] { functions.mapValues(handler) }

  private static func handler(of function: BinaryFunction) -> GraphImporter.Handler {
    { importer, call throws(CheckpointError) in
      try importer.binary(function, "self", "other", &call)
    }
  }
}

extension GraphImporter {
  /// A function of two arguments, each a tensor or a number.
  mutating func binary(
    _ function: BinaryFunction, _ first: String, _ second: String, _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    let operands = [
      try numberOrTensor(first, &call), try numberOrTensor(second, &call),
    ]
    return try result(.binary(function), operands, call)
  }

  /// The operand for an argument that is a tensor, or a number or size that becomes one.
  mutating func numberOrTensor(
    _ name: String, _ call: inout ProgramCall
  ) throws(CheckpointError) -> Graph.Operand {
    let node = "\(call.node.name).\(name)"
    if let number = call.number(name) { return try single(.full([], number), [], node) }
    guard call.isSize(name), let size = try sizes(name, &call)?.first else {
      return try operand(of: call.tensor(name))
    }
    // A range of one number, without its dimension.
    let line = try single(
      .range(start: size, end: .computed(.sum, size, 1), step: 1), [], node)
    return try single(.reshape([]), [line], node)
  }
}
