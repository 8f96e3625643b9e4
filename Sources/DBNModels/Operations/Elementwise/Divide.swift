import DBNTensors

extension Operation {
  /// Operands: two tensors, broadcast; the first is divided by the second.
  public static let divide = Operation(Divide())

  /// `torch.div` of two tensors.
  package struct Divide: BinaryOperation {
    package static var names: [String] { ["divide"] }

    package init() {}

    package func value(_ first: Double, _ second: Double) -> Double {
      first / second
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "div": { importer, call throws(CheckpointError) in
          switch try call.text("rounding_mode", default: "") {
          case "floor": try importer.binary(.floorDivide, "self", "other", &call)
          case "trunc": try importer.binary(.truncatedDivide, "self", "other", &call)
          default: try importer.pair(&call, .divide) { .divideScalar($0) }
          }
        }
      ]
    }
  }
}
