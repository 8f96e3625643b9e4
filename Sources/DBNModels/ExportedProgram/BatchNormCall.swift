import DBNBatchNorm
import DBNTensors

/// A call of one of PyTorch's BatchNorm operations, of whichever form, with its arguments.
struct BatchNormCall {
  let node: ProgramNode
  /// The name of the input [N, C, ...].
  let input: String
  /// The names of weight, bias, running mean and running variance.
  let tensors: [BatchNormQuantity: String]
  /// Whether it normalises with the batch's statistics.
  let isTraining: Bool
  /// nil for a cumulative average.
  let momentum: Double?
  let eps: Double
  /// V, for the operation of the Python package `dbn_convert`.
  let worldSize: Int?

  /// The operation that the Python package `dbn_convert` registers with PyTorch.
  static let distributedOperation = "torch.ops.dbn_convert.distributed_batch_norm.default"

  init(_ call: inout ProgramCall) throws(CheckpointError) {
    node = call.node
    input = try call.tensor("input")
    var tensors: [BatchNormQuantity: String] = [:]
    for quantity in BatchNormQuantity.allCases where !quantity.isCounter {
      // ATen's arguments have the same names as the module's tensors.
      tensors[quantity] = try call.optionalTensor(quantity.rawValue)
    }
    self.tensors = tensors
    call.ignore("cudnn_enabled", "num_batches_tracked")
    isTraining = try call.bool("training", default: Self.trains(call.operation))
    eps = try call.number("eps", default: 1e-5)
    let isDistributed = call.operation == Self.distributedOperation
    worldSize = isDistributed ? try call.int("world_size") : nil
    momentum =
      isDistributed ? call.number("momentum") : try call.number("momentum", default: 0.1)
  }

  /// Whether an operation without the argument `training` normalises with the batch's statistics.
  private static func trains(_ operation: String) -> Bool {
    operation.hasPrefix("_batch_norm_with_update")
  }

  /// The name of the running mean that the Python package's operation returns.
  var newMean: String? {
    let results = node.outputs.flatMap(\.names)
    return worldSize != nil && results.count > 1 ? results[1] : nil
  }

  var hasStatistics: Bool { tensors[.runningMean] != nil }

  /// The mode of the export; nil if the two modes are the same to it.
  var mode: ExecutionMode? { hasStatistics ? isTraining ? .training : .evaluation : nil }
}
