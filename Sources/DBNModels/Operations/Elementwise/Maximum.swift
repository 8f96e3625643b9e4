import DBNTensors

extension Operation {
  /// Operands: two tensors, broadcast; NaN where either is NaN.
  public static let maximum = Operation(Maximum())

  /// `torch.maximum`.
  package struct Maximum: BinaryOperation {
    package static var names: [String] { ["maximum"] }

    package init() {}

    package func value(_ first: Double, _ second: Double) -> Double {
      extreme(first, second, isLarger: true)
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "maximum": { importer, call throws(CheckpointError) in
          try importer.pair(&call, .maximum) {
            .activation(.hardTanh(minimum: $0, maximum: .infinity))
          }
        }
      ]
    }
  }
}
