import DBNTensors

extension Operation.Fill {
  package static var handlers: [String: GraphImporter.Handler] {
    let numbers: [String: Double] = [
      "zero": 0, "zeros_like": 0, "ones_like": 1,
      // PyTorch leaves these elements undefined.
      "empty_like": 0,
    ]
    return numbers.mapValues(handler).merging([
      "fill": { importer, call throws(CheckpointError) in
        guard let value = call.number("value") else { return try importer.copied("value", &call) }
        return try importer.result(.fill(value), of: call.tensor(), call)
      },
      "full_like": { importer, call throws(CheckpointError) in
        call.ignoreTensorOptions()
        let value = try call.number("fill_value", default: 0)
        return try importer.result(.fill(value), of: call.tensor(), call)
      },
      "bernoulli": { importer, call throws(CheckpointError) in try importer.bernoulli(&call) },
    ]) { first, _ in first }
  }

  private static func handler(of number: Double) -> GraphImporter.Handler {
    { importer, call throws(CheckpointError) in
      call.ignoreTensorOptions()
      return try importer.result(.fill(number), of: call.tensor(), call)
    }
  }
}

extension GraphImporter {
  /// Replaces draws of 1 with a probability by the probability, their mean: stochastic depth, which
  /// divides them by it, then passes its input on, as dropout does here.
  fileprivate mutating func bernoulli(
    _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    call.ignore("generator")
    guard !call.isTensor("p") else { return try copied("p", &call) }
    let probability = call.number("p")
    if probability != 1 {
      note(
        "random draws of 0 or 1, as of stochastic depth, are replaced by their mean: a forward pass "
          + "draws no random numbers, not even in training")
    }
    // Without `p`, the tensor has the probabilities.
    guard let probability else { return try result(.identity, of: call.tensor(), call) }
    return try result(.fill(probability), of: call.tensor(), call)
  }
}
