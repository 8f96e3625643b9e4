import DBNBatchNorm
import DBNModels
import DBNTensors

extension BatchNormModule {
  /// Runs the module as a node of a graph: without its weight and bias if the graph applies others,
  /// and without updating the buffers that training keeps.
  mutating func run<Output>(
    as node: Operation.BatchNormAttributes,
    _ body: (inout Self) throws(CheckpointError) -> Output
  ) throws(CheckpointError) -> Output {
    let own = self
    if !node.appliesAffine { (weight, bias) = (nil, nil) }
    defer {
      (weight, bias) = (own.weight, own.bias)
      for quantity in node.keptBuffers { restore(quantity, of: own) }
    }
    return try body(&self)
  }

  private mutating func restore(_ quantity: BatchNormQuantity, of other: BatchNormModule) {
    for index in rows.indices {
      switch quantity {
      case .runningMean: rows[index].mean = other.rows[index].mean
      case .runningVar: rows[index].variance = other.rows[index].variance
      case .numBatchesTracked: rows[index].batchesTracked = other.rows[index].batchesTracked
      case .weight, .bias: break
      }
    }
  }
}
