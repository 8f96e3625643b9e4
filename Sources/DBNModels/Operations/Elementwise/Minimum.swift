import DBNTensors

extension Operation {
  /// Operands: two tensors, broadcast; NaN where either is NaN.
  public static let minimum = Operation(Minimum())

  /// `torch.minimum`.
  package struct Minimum: BinaryOperation {
    package static var names: [String] { ["minimum"] }

    package init() {}

    package func value(_ first: Double, _ second: Double) -> Double {
      extreme(first, second, isLarger: false)
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "minimum": { importer, call throws(CheckpointError) in
          try importer.pair(&call, .minimum) {
            .activation(.hardTanh(minimum: -.infinity, maximum: $0))
          }
        }
      ]
    }
  }
}
