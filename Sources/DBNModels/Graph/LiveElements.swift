import DBNTensors

/// Counts the elements that a run of a graph would have in memory at once, before anything runs: a
/// program of a few bytes can ask for any number.
struct LiveElements {
  private var values: LiveValues<Int>
  private var count = 0
  /// The elements of the inputs and the weights.
  private var given = 0

  /// - Parameters:
  ///   - inputs: the shapes of the graph's inputs by name.
  ///   - parameters: the shapes of the tensors that are operands.
  init(of graph: Graph, _ inputs: [String: [Int]], _ parameters: [String: [Int]]) {
    values = LiveValues(graph)
    for (name, shape) in inputs { add(name, shape.product ?? 0) }
    given = (Array(inputs.values) + Array(parameters.values)).reduce(0) {
      $0.addingReportingOverflow($1.product ?? 0).partialValue
    }
  }

  /// Makes a node's values, and releases those that no other node needs.
  ///
  /// - Throws: `limitExceeded`.
  mutating func run(_ node: Graph.Node, _ shapes: [String: [Int]]) throws(CheckpointError) {
    for name in node.outputs { add(name, shapes[name]?.product ?? 0) }
    guard count <= limit else {
      let shape = node.outputs.first.flatMap { shapes[$0] } ?? []
      throw CheckpointError(
        .limitExceeded,
        "with its value of the shape \(shape), \(count) elements would be in memory at once, more than "
          + "\(limit): the inputs and weights have \(given)",
        advice: "give a smaller batch; if that is small, the model was made to fill memory")
    }
    for released in values.release(node) { count -= released }
  }

  private var limit: Int {
    let (product, overflow) = given.multipliedReportingOverflow(by: Graph.liveElements.perElement)
    return overflow ? .max : max(Graph.liveElements.least, product)
  }

  private mutating func add(_ name: String, _ elements: Int) {
    if values.set(name, to: elements) { count += elements }
  }
}
