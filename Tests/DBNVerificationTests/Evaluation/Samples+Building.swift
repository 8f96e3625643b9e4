import DBNModels
import DBNTensors
import DBNTestSupport
import DBNVerification

extension SampleData {
  /// Float64 inputs [N, features] and their labels.
  init(_ inputs: [[Double]], labels: [Int]? = nil, scaling: InputScaling = InputScaling()) throws {
    var file = StateDict()
    file["x"] = try Tensor(
      rounding: inputs.flatMap(\.self), to: .float64, shape: [inputs.count, inputs[0].count])
    if let labels { file["y"] = try Tensor(labels, shape: [labels.count]) }
    try self.init(file, labelled: labels != nil, scaling: scaling)
  }
}

extension Graph {
  /// A model that answers what it is given.
  static let identity = Graph(
    name: "identity", inputs: [.init("x", shape: [nil, nil])],
    nodes: [.init("same", .identity, [.value("x")])], outputs: ["same"], parameters: [])

  /// One BatchNorm `bn`.
  ///
  /// - Parameter samples: nil: any number.
  static func batchNorm(features: Int, samples: Int? = nil) -> Graph {
    Graph(
      name: "bn", inputs: [.init("x", shape: [samples, features])],
      nodes: [
        .init(
          "bn", .batchNorm(.init(module: "bn", NormModule(numFeatures: features))), [.value("x")])
      ], outputs: ["bn"], parameters: [])
  }
}
