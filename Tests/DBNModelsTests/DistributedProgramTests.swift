import DBNBatchNorm
import DBNModels
import DBNTensors
import Testing

/// Programs with the operation of the Python package `dbn_convert`, one for each BatchNorm of several
/// devices.
struct DistributedProgramTests {
  /// A BatchNorm of 3 features on 4 devices, without weight and bias, that was exported in training.
  static let replicated = """
    {"schema_version": {"major": 8, "minor": 20}, "graph_module": {
      "graph": {
        "nodes": [
          {"target": "torch.ops.dbn_convert.distributed_batch_norm.default", "name": "norm", "metadata": {},
           "inputs": [{"name": "input", "arg": {"as_tensor": {"name": "x"}}, "kind": 1},
            {"name": "weight", "arg": {"as_none": true}, "kind": 1},
            {"name": "bias", "arg": {"as_none": true}, "kind": 1},
            {"name": "running_mean", "arg": {"as_tensor": {"name": "b_mean"}}, "kind": 1},
            {"name": "running_var", "arg": {"as_tensor": {"name": "b_var"}}, "kind": 1},
            {"name": "num_batches_tracked", "arg": {"as_none": true}, "kind": 1},
            {"name": "training", "arg": {"as_bool": true}, "kind": 1},
            {"name": "momentum", "arg": {"as_none": true}, "kind": 1},
            {"name": "eps", "arg": {"as_float": 0.25}, "kind": 1},
            {"name": "world_size", "arg": {"as_int": 4}, "kind": 1}],
           "outputs": [{"as_tensor": {"name": "y"}}, {"as_tensor": {"name": "mean"}}, {"as_tensor": {"name": "var"}}]},
          {"target": "torch.ops.aten.copy_.default", "name": "copy_", "metadata": {},
           "inputs": [{"name": "self", "arg": {"as_tensor": {"name": "b_mean"}}, "kind": 1},
            {"name": "src", "arg": {"as_tensor": {"name": "mean"}}, "kind": 1}],
           "outputs": [{"as_tensor": {"name": "copied"}}]}],
        "tensor_values": {
          "x": {"dtype": 7, "sizes": [{"as_int": 8}, {"as_int": 3}], "strides": [{"as_int": 3}, {"as_int": 1}]},
          "y": {"dtype": 7, "sizes": [{"as_int": 8}, {"as_int": 3}], "strides": [{"as_int": 3}, {"as_int": 1}]},
          "b_mean": {"dtype": 7, "sizes": [{"as_int": 4}, {"as_int": 3}], "strides": [{"as_int": 3}, {"as_int": 1}]},
          "b_var": {"dtype": 7, "sizes": [{"as_int": 4}, {"as_int": 3}], "strides": [{"as_int": 3}, {"as_int": 1}]}}},
      "signature": {
        "input_specs": [
          {"buffer": {"arg": {"name": "b_mean"}, "buffer_name": "bn.running_mean", "persistent": true}},
          {"buffer": {"arg": {"name": "b_var"}, "buffer_name": "bn.running_var", "persistent": true}},
          {"user_input": {"arg": {"as_tensor": {"name": "x"}}}}],
        "output_specs": [{"user_output": {"arg": {"as_tensor": {"name": "y"}}}}]}}}
    """

  @Test func theOperationIsABatchNormOfItsModule() throws {
    let norm = try norm(of: Self.replicated)
    #expect(norm.layout == .replicated && norm.worldSize == 4 && norm.numFeatures == 3)
    #expect(norm.eps == 0.25 && norm.momentum == nil && !norm.affine)
  }

  @Test func buffersOfOneDimensionAreThoseOfTheFirstDevice() throws {
    let text = Self.replicated.replacing(
      #""sizes": [{"as_int": 4}, {"as_int": 3}], "strides": [{"as_int": 3}, {"as_int": 1}]"#,
      with: #""sizes": [{"as_int": 3}], "strides": [{"as_int": 1}]"#)
    let norm = try norm(of: text)
    #expect(norm.layout == .firstDevice && norm.worldSize == 4 && norm.numFeatures == 3)
  }

  @Test func aWorldSizeThatCannotBeIsAnError() throws {
    let text = Self.replicated.replacing(#"{"as_int": 4}, "kind""#, with: #"{"as_int": 0}, "kind""#)
    let error = #expect(throws: CheckpointError.self) { try Graph(parsing: text) }
    #expect(error?.code == .invalidWorldSize)
  }

  /// The graph has neither the statistics of the BatchNorm nor the buffers that they are copied to.
  @Test(arguments: ["mean", "var", "b_mean", "copied"])
  func newStatisticsCannotBeUsed(name: String) throws {
    let text = Self.replicated.replacing(
      #""output_specs": [{"user_output": {"arg": {"as_tensor": {"name": "y"}}}}]"#,
      with: #""output_specs": [{"user_output": {"arg": {"as_tensor": {"name": "\#(name)"}}}}]"#)
    let error = #expect(throws: CheckpointError.self) { try Graph(parsing: text) }
    #expect(error?.code == .unsupportedOperation)
    #expect(error?.reason == "uses statistics that a BatchNorm keeps to itself")
  }

  private func norm(of text: String) throws -> NormModule {
    let nodes = try Graph(parsing: text).nodes
    try #require(nodes.count == 1 && nodes[0].name == "bn")
    return try #require(nodes[0].operation.batchNorm).norm
  }
}
