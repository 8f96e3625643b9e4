import DBNCOneDNN
import DBNModels

/// Nodes that are computed together: one, and the elementwise nodes that its output passes
/// through.
struct Unit {
  /// The nodes; the others are fused into the first.
  var nodes: [Graph.Node]
  var epilogue: [Epilogue] = []

  var primary: Graph.Node { nodes[0] }
  /// The names of the values that it makes.
  var outputs: [String] { nodes[nodes.count - 1].outputs }

  /// The values that it reads.
  var inputs: [String] {
    var names = primary.values
    for case .add(let other) in epilogue { names.append(other) }
    return names
  }

  /// Whether one kernel can apply a step after the others. In oneDNN 2.6 all functions of the
  /// same kind get the constants of one of them: `y * 3 - 1`, two linear functions, would be
  /// wrong.
  func accepts(_ step: Epilogue) -> Bool {
    let others = epilogue.flatMap(\.eltwises)
    return step.eltwises.allSatisfy { mine in
      others.allSatisfy { $0.algorithm != mine.algorithm || $0 == mine }
    }
  }
}

/// An operation on each number of an output before it is written.
enum Epilogue {
  /// A BatchNorm in evaluation: a scale and a shift for each channel.
  case batchNorm(Operation.BatchNormAttributes)
  /// Adds a value of the same shape.
  case add(String)
  case eltwise([Eltwise])

  var eltwises: [Eltwise] { if case .eltwise(let eltwises) = self { eltwises } else { [] } }
}

extension Graph.Node {
  /// The names of the values among its operands.
  var values: [String] {
    operands.compactMap { if case .value(let name) = $0 { name } else { nil } }
  }
}

/// Finds the nodes that can be fused.
struct Fusion {
  let graph: SizedGraph
  /// Whether a BatchNorm treats every sample alike, so that it can be fused into a convolution.
  let isUniform: (Operation.BatchNormAttributes) -> Bool

  /// The units in an order in which every value is made before it is used.
  func units() -> [Unit] {
    let consumers = consumers()
    var claimed: Set<String> = []
    var units: [(index: Int, unit: Unit)] = []
    for (index, node) in graph.graph.nodes.enumerated() where !claimed.contains(node.name) {
      var unit = Unit(nodes: [node])
      var last = index
      while canBegin(node), let next = consumers[unit.outputs[0]],
        !claimed.contains(next.node.name),
        let step = epilogue(of: next.node, on: unit.outputs[0]),
        unit.accepts(step)
      {
        claimed.insert(next.node.name)
        unit.nodes.append(next.node)
        unit.epilogue.append(step)
        last = next.index
      }
      units.append((last, unit))
    }
    return units.sorted { $0.index < $1.index }.map(\.unit)
  }

  /// For each value that is used exactly once: the node that uses it.
  private func consumers() -> [String: (index: Int, node: Graph.Node)] {
    var uses: [String: Int] = [:]
    var consumers: [String: (index: Int, node: Graph.Node)] = [:]
    for name in graph.graph.outputs { uses[name, default: 0] += 1 }
    for (index, node) in graph.graph.nodes.enumerated() {
      for name in node.values {
        uses[name, default: 0] += 1
        consumers[name] = (index, node)
      }
    }
    return consumers.filter { uses[$0.key] == 1 }
  }

  private func canBegin(_ node: Graph.Node) -> Bool {
    // oneDNN has no values without dimensions.
    if graph.shapes[node.outputs[0]]?.isEmpty ?? true { return false }
    return switch node.operation.definition {
    case is Operation.Convolution, is Operation.Linear, is Operation.BatchNormAttributes,
      is Operation.Add, is Operation.Multiply, is Operation.Divide:
      true
    default: false
    }
  }

  private func epilogue(of node: Graph.Node, on value: String) -> Epilogue? {
    if let eltwise = Eltwise(scaling: node.operation) { return .eltwise([eltwise]) }
    switch node.operation.definition {
    case let attributes as Operation.BatchNormAttributes:
      return isUniform(attributes) ? .batchNorm(attributes) : nil
    case let function as Activation: return function.eltwises.map { .eltwise($0) }
    case let sum as Operation.Add where sum.scale == 1:
      guard let other = node.values.first(where: { $0 != value }), node.values.count == 2,
        graph.shapes[other] == graph.shapes[value]
      else { return nil }
      return .add(other)
    default: return nil
    }
  }
}
