import DBNTensors

extension Operation {
  /// Operands: two tensors, broadcast.
  public static let multiply = Operation(Multiply())

  /// `torch.mul` of two tensors.
  package struct Multiply: BinaryOperation {
    package static var names: [String] { ["multiply"] }

    package init() {}

    package func value(_ first: Double, _ second: Double) -> Double {
      first * second
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "mul": { importer, call throws(CheckpointError) in
          try importer.pair(&call, .multiply) { .multiplyScalar($0) }
        }
      ]
    }
  }
}
