package import DBNTensors

extension Operation {
  /// Operands: input [N, C, ...]; mean and variance [C], or none for those of the batch; weight or
  /// none; bias or none.
  public static func functionalBatchNorm(eps: Double) -> Operation {
    Operation(FunctionalBatchNorm(eps: eps))
  }

  /// `torch.nn.functional.batch_norm` on tensors that are not a BatchNorm module's: a function
  /// without state, which does the same in every mode.
  ///
  /// `BatchNormAttributes` reads the calls, and chooses between the two.
  package struct FunctionalBatchNorm: GraphOperation {
    let eps: Double

    package static var names: [String] { ["functionalBatchNorm"] }

    init(eps: Double) {
      self.eps = eps
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      eps = try reader.number("eps")
    }

    package var attributes: [JSON.Member] { [.init("eps", .double(eps))] }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let input = try operands.required(0)
      guard input.count >= 2 else { throw .shape("an input \(input) has no channels") }
      for index in 1...4 {
        guard let shape = operands[index], shape != [input[1]] else { continue }
        throw .shape("an input \(input) cannot be normalised with a tensor \(shape)")
      }
      guard (operands[1] == nil) == (operands[2] == nil) else {
        throw .shape("a mean and a variance can only be given together")
      }
      let values = input[0] * input[2...].reduce(1, *)
      guard operands[1] != nil || values != 1 else {
        throw .shape("an input \(input) has 1 value per channel, which has no variance")
      }
      return (Operation(self), [input])
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let input = try operands.required(0)
      let statistics =
        if let mean = operands[1], let variance = operands[2] {
          (mean: mean.values, variance: variance.values)
        } else {
          input.channelStatistics
        }
      return [
        input.channelsScaled { channel in
          let scale =
            (operands[3]?.values[channel] ?? 1) / (statistics.variance[channel] + eps).squareRoot()
          return (statistics.mean[channel], scale, operands[4]?.values[channel] ?? 0)
        }
      ]
    }
  }
}
