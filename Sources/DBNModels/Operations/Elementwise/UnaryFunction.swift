import DBNPlatform
package import DBNTensors

extension Operation {
  /// Operand: any tensor, element by element.
  public static func unary(_ function: UnaryFunction) -> Operation { Operation(function) }
}

/// A function of one number, applied element by element; those that networks use as activations
/// are in `Activation`.
///
/// Truth values are 1 and 0; every number but 0 counts as true.
public enum UnaryFunction: String, Sendable, Hashable, CaseIterable {
  case sine, cosine, tangent, arcsine, arccosine, arctangent
  case hyperbolicSine, hyperbolicCosine
  case inverseHyperbolicSine, inverseHyperbolicCosine, inverseHyperbolicTangent
  case exponentialBase2, logarithmBase2, logarithmBase10, complementaryErrorFunction
  case floor, ceiling
  /// To the nearest integer, halves to the even one.
  case round
  /// Without the digits after the point.
  case truncate
  /// The digits after the point, with the sign.
  case fraction
  /// -1, 0 or 1; 0 for NaN.
  case sign
  case isNaN, isInfinite, isFinite
  case logicalNot
  /// The complement of an integer of 64 bits: `-x - 1`.
  case bitwiseNot
}

extension UnaryFunction: FunctionFamily {
  package func outputs(
    of operands: OperandArrays, shapes: [[Int]]
  ) throws(CheckpointError) -> [DenseArray] {
    [try operands.required(0).mapped(callAsFunction)]
  }

  package static var functions: [String: UnaryFunction] {
    [
      "sin": .sine, "cos": .cosine, "tan": .tangent, "asin": .arcsine, "acos": .arccosine,
      "atan": .arctangent, "sinh": .hyperbolicSine, "cosh": .hyperbolicCosine,
      "asinh": .inverseHyperbolicSine, "acosh": .inverseHyperbolicCosine,
      "atanh": .inverseHyperbolicTangent, "exp2": .exponentialBase2, "log2": .logarithmBase2,
      "log10": .logarithmBase10, "erfc": .complementaryErrorFunction, "floor": .floor,
      "ceil": .ceiling, "trunc": .truncate, "frac": .fraction, "sign": .sign,
      "sgn": .sign, "isnan": .isNaN, "isinf": .isInfinite, "isfinite": .isFinite,
      "logical_not": .logicalNot,
    ]
  }

  package static var handlers: [String: GraphImporter.Handler] {
    functions.mapValues(handler).merging([
      "round": { importer, call throws(CheckpointError) in try importer.rounded(&call) },
      "bitwise_not": { importer, call throws(CheckpointError) in
        let isBool = try importer.meta(call.tensor()).type == .bool
        return try importer.result(
          .unary(isBool ? .logicalNot : .bitwiseNot), of: call.tensor(), call)
      },
    ]) { first, _ in first }
  }

  private static func handler(of function: UnaryFunction) -> GraphImporter.Handler {
    { importer, call throws(CheckpointError) in
      try importer.result(.unary(function), of: call.tensor(), call)
    }
  }

  /// The function's value.
  package func callAsFunction(_ x: Double) -> Double {
    switch self {
    case .sine: sin(x)
    case .cosine: cos(x)
    case .tangent: tan(x)
    case .arcsine: asin(x)
    case .arccosine: acos(x)
    case .arctangent: atan(x)
    case .hyperbolicSine: sinh(x)
    case .hyperbolicCosine: cosh(x)
    case .inverseHyperbolicSine: asinh(x)
    case .inverseHyperbolicCosine: acosh(x)
    case .inverseHyperbolicTangent: atanh(x)
    case .exponentialBase2: exp2(x)
    case .logarithmBase2: log2(x)
    case .logarithmBase10: log10(x)
    case .complementaryErrorFunction: erfc(x)
    case .floor: x.rounded(.down)
    case .ceiling: x.rounded(.up)
    case .round: x.rounded(.toNearestOrEven)
    case .truncate: x.rounded(.towardZero)
    case .fraction: x - x.rounded(.towardZero)
    case .sign: x > 0 ? 1 : x < 0 ? -1 : 0
    case .isNaN: x.isNaN ? 1 : 0
    case .isInfinite: x.isInfinite ? 1 : 0
    case .isFinite: x.isFinite ? 1 : 0
    case .logicalNot: x == 0 ? 1 : 0
    case .bitwiseNot: Double(~Int64(integerPart: x))
    }
  }
}

extension GraphImporter {
  /// Rounds to a number of decimals as PyTorch does: by rounding the product with a power of ten.
  fileprivate mutating func rounded(
    _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    let decimals = try call.int("decimals", default: 0)
    let input = try operand(of: call.tensor())
    if decimals == 0 { return try result(.unary(.round), [input], call) }
    let power = pow(10, Double(decimals.magnitude))
    let (before, after): (Operation, Operation) =
      decimals > 0
      ? (.multiplyScalar(power), .divideScalar(power))
      : (.divideScalar(power), .multiplyScalar(power))
    let scaled = try single(before, [input], call.node.name + ".scaled")
    let rounded = try single(.unary(.round), [scaled], call.node.name + ".rounded")
    return try result(after, [rounded], call)
  }
}
