#if OneDNN
  import DBNCOneDNN
  import DBNModels

  /// Nodes that are computed in one go: one, and those that only its output goes through.
  struct Unit {
    /// The first is the one that the others are done with.
    var nodes: [Graph.Node]
    var epilogue: [Epilogue] = []

    var primary: Graph.Node { nodes[0] }
    /// The names of the values that are there afterwards.
    var outputs: [String] { nodes[nodes.count - 1].outputs }

    /// The values that it reads.
    var inputs: [String] {
      var names = primary.values
      for case .add(let other) in epilogue { names.append(other) }
      return names
    }

    /// Whether one kernel can do a step after the others. In oneDNN 2.6 all functions of a kind have
    /// the constants of one of them: `y * 3 - 1`, two linear ones, gives something else.
    func accepts(_ step: Epilogue) -> Bool {
      let others = epilogue.flatMap(\.eltwises)
      return step.eltwises.allSatisfy { mine in
        others.allSatisfy { $0.algorithm != mine.algorithm || $0 == mine }
      }
    }
  }

  /// What is done to each number of an output before it is written.
  enum Epilogue {
    /// Multiplied and added to, by numbers of each channel: a BatchNorm in evaluation.
    case batchNorm(String)
    /// A value of the same shape added.
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

  /// Finds the nodes that can be computed together.
  struct Fusion {
    let graph: SizedGraph
    /// Whether a BatchNorm does the same to every sample, so that it can be part of a convolution.
    let isUniform: (_ module: String) -> Bool

    /// The units in an order in which every value is made before it is used.
    func units() -> [Unit] {
      let consumers = consumers()
      var claimed: Set<String> = []
      var units: [(place: Int, unit: Unit)] = []
      for (place, node) in graph.graph.nodes.enumerated() where !claimed.contains(node.name) {
        var unit = Unit(nodes: [node])
        var last = place
        while canBegin(node), let next = consumers[unit.outputs[0]],
          !claimed.contains(next.node.name),
          let step = epilogue(of: next.node, on: unit.outputs[0]),
          unit.accepts(step)
        {
          claimed.insert(next.node.name)
          unit.nodes.append(next.node)
          unit.epilogue.append(step)
          last = next.place
        }
        units.append((last, unit))
      }
      return units.sorted { $0.place < $1.place }.map(\.unit)
    }

    /// For each value that one operand of one node uses, and nothing else: the node.
    private func consumers() -> [String: (place: Int, node: Graph.Node)] {
      var uses: [String: Int] = [:]
      var consumers: [String: (place: Int, node: Graph.Node)] = [:]
      for name in graph.graph.outputs { uses[name, default: 0] += 1 }
      for (place, node) in graph.graph.nodes.enumerated() {
        for name in node.values {
          uses[name, default: 0] += 1
          consumers[name] = (place, node)
        }
      }
      return consumers.filter { uses[$0.key] == 1 }
    }

    private func canBegin(_ node: Graph.Node) -> Bool {
      switch node.operation.definition {
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
        return isUniform(attributes.module) ? .batchNorm(attributes.module) : nil
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
#endif
