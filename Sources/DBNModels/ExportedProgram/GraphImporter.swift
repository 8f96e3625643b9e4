import DBNTensors

/// Converts an exported program to a graph, node by node.
package struct GraphImporter {
  let document: ProgramDocument
  /// What is known about the program's tensors, by name.
  private var metas: [String: ProgramTensorMeta]
  private(set) var nodes: [Graph.Node] = []
  private(set) var notes: [Guidance] = []
  private var names: Set<String> = []
  private var sets: [AliasSet] = []
  private var tensors: [String: ProgramTensor] = [:]
  /// Results that a graph can't have, by name, with the reason.
  private var missing: [String: String] = [:]
  /// The tensor's key for each input of the program that is no input of the graph.
  private(set) var keys: [String: String] = [:]
  /// The names of these inputs by key.
  private(set) var inputNames: [String: String] = [:]
  /// Results that a graph can't have and that the program copies into its tensors.
  private(set) var copied: Set<String> = []
  /// BatchNorms of one device, by their output.
  var deviceCalls: [String: DeviceCall] = [:]
  /// BatchNorms of no module that have statistics.
  var functions: [BatchNormCall] = []
  /// The names of the new running means of BatchNorms of the Python package, by their node.
  var newMeans: [String: String] = [:]
  /// Sizes by the name of the node that computes them, each with its number of terms.
  var sizes: [String: (size: Size, parts: Int)] = [:]

  /// What a call returns.
  package enum Result {
    /// Adds a tensor with elements of its own.
    case new(Graph.Operand)
    /// A view of a tensor, by its name.
    case view(of: String, TensorView)
    /// The same tensor.
    case same(String)
    /// Something that a graph can't have, with the reason.
    case missing(String)
  }

  /// The longest chain of views. Real models stay below it; and each view in the chain is made
  /// again whenever the tensor changes.
  private static let viewLimit = 64

  init(_ document: ProgramDocument) throws(CheckpointError) {
    self.document = document
    metas = document.graph.tensors
    for input in document.inputs {
      switch input.role {
      case .user:
        names.insert(input.name)
        add(input.name, .value(input.name))
      case .stateDict(let key), .constant(let key):
        keys[input.name] = key
        inputNames[key] = input.name
        add(input.name, .parameter(key))
      }
    }
    for node in document.graph.nodes {
      do throws(CheckpointError) {
        try run(node)
      } catch {
        throw error.with(name: node.name)
      }
    }
  }

  /// Reads a node.
  mutating func run(_ node: ProgramNode) throws(CheckpointError) {
    if try readCalledGraph(node) { return }
    var call = try ProgramCall(node)
    if try readSize(&call) { return }
    if try copyMissing(&call) { return }
    guard let handler = Self.handlers[call.operation] else {
      throw CheckpointError(
        .unsupportedOperation, "the operation \(node.target) is not supported",
        advice: "export the model without it, or report it")
    }
    let results = try wrapped(handler(&self, &call), call)
    try call.checkAllUsed()
    let outputs = node.outputs.flatMap(\.names)
    if call.isInPlace {
      let target = try call.tensor()
      guard case .new(let operand)? = results.first, results.count == 1 else {
        // An operation that changes nothing, such as dropout in evaluation, returns the tensor
        // itself.
        if case .same(target)? = results.first { return try bind(outputs, results) }
        throw call.unsupported("the in-place form")
      }
      try change(target, to: operand, by: call)
      return try bind(outputs, [.same(target)])
    }
    try bind(outputs, results)
  }

  /// Reads a copy of something that the graph can't have, such as a BatchNorm's new statistics into
  /// its buffers: the graph can't have the target's new elements either.
  ///
  /// - Returns: whether it is such a copy.
  private mutating func copyMissing(_ call: inout ProgramCall) throws(CheckpointError) -> Bool {
    guard call.isInPlace, call.operation == "copy" else { return false }
    let (source, target) = (try call.tensor("src"), try call.tensor())
    guard let reason = missing[source], let tensor = tensors[target] else { return false }
    for (name, other) in tensors where other.set == tensor.set {
      tensors[name] = nil
      missing[name] = reason
    }
    for name in call.node.outputs.flatMap(\.names) { missing[name] = reason }
    copied.insert(source)
    return true
  }

  /// Gives the results of a node their names.
  mutating func bind(
    _ outputs: [String], _ results: [Result]
  ) throws(CheckpointError) {
    guard outputs.count <= results.count else {
      throw .program(
        "the node has \(outputs.count) results, and its operation makes \(results.count)")
    }
    // One node makes all parts of a tensor.
    var shared: [Graph.Operand] = []
    for (name, result) in zip(outputs, results) {
      switch result {
      case .new(let operand): add(name, operand)
      case .missing(let reason): missing[name] = reason
      case .same(let other): tensors[name] = try tensor(other)
      case .view(let base, let view):
        var tensor = try tensor(base)
        guard tensor.views.count < Self.viewLimit else {
          throw CheckpointError(.limitExceeded, "is the last of a chain of more than 64 views")
        }
        let whole = try operand(of: base)
        tensor.views.append(view)
        tensor.base = base
        if shared.count != view.parts || view.parts == 1 {
          shared = try add(view.operation, [whole], name: name, count: view.parts)
        }
        tensor.operand = shared[view.part]
        tensor.generation = sets[tensor.set].generation
        tensors[name] = tensor
      }
    }
  }

  /// Adds a tensor with elements of its own.
  private mutating func add(_ name: String, _ operand: Graph.Operand) {
    tensors[name] = ProgramTensor(set: sets.count, operand: operand, generation: 0)
    sets.append(AliasSet(whole: operand))
  }

  private func tensor(_ name: String) throws(CheckpointError) -> ProgramTensor {
    if let tensor = tensors[name] { return tensor }
    if let reason = missing[name] { throw CheckpointError(.unsupportedOperation, reason) }
    throw .program("no input or earlier node makes the tensor `\(name)`")
  }

  /// The tensor that another is a view of, and how; nil for one with elements of its own.
  func base(of name: String) -> (name: String, view: TensorView)? {
    guard let tensor = tensors[name], let base = tensor.base, let view = tensor.views.last else {
      return nil
    }
    return (base, view)
  }

  /// Whether the program gives new elements to a tensor that it is given.
  func isChanged(_ name: String) -> Bool {
    tensors[name].map { sets[$0.set].generation > 0 } ?? true
  }

  /// The key of the tensor of the state dict whose elements a tensor shares.
  func sharedKey(_ name: String) -> String? {
    guard let set = tensors[name]?.set, case .parameter(let key) = sets[set].whole else {
      return nil
    }
    return key
  }

  /// The current operand for a tensor.
  mutating func operand(of name: String) throws(CheckpointError) -> Graph.Operand {
    var tensor = try tensor(name)
    let set = sets[tensor.set]
    if tensor.generation == set.generation { return tensor.operand }
    var operand = set.whole
    for view in tensor.views { operand = try applied(view, to: operand, name: name) }
    tensor.operand = operand
    tensor.generation = set.generation
    tensors[name] = tensor
    return operand
  }

  /// Gives new elements to a tensor and to all tensors that share them.
  private mutating func change(
    _ name: String, to operand: Graph.Operand, by call: ProgramCall
  ) throws(CheckpointError) {
    var tensor = try tensor(name)
    var wholes = [sets[tensor.set].whole]
    for view in tensor.views.dropLast() {
      wholes.append(try applied(view, to: wholes[wholes.count - 1], name: name))
    }
    var changed = operand
    for (view, whole) in zip(tensor.views, wholes).reversed() {
      let change = ViewChange(view: view, whole: whole, part: changed, name: call.node.name)
      changed = try view.operation.definition.restored(change, in: &self)
    }
    sets[tensor.set].whole = changed
    sets[tensor.set].generation += 1
    tensor.operand = operand
    tensor.generation = sets[tensor.set].generation
    tensors[name] = tensor
  }

  /// Adds a node.
  ///
  /// - Parameter name: its name; a number is appended if it is taken.
  /// - Returns: its results.
  mutating func add(
    _ operation: Operation, _ operands: [Graph.Operand], name: String, count: Int = 1
  ) throws(CheckpointError) -> [Graph.Operand] {
    guard nodes.count < Graph.nodeLimit else {
      throw CheckpointError(.limitExceeded, "the graph has more than \(Graph.nodeLimit) nodes")
    }
    let node = unique(name)
    let outputs = count == 1 ? [node] : (0..<count).map { unique("\(node).\($0)") }
    nodes.append(Graph.Node(node, operation, operands, outputs: outputs))
    return outputs.map { .value($0) }
  }

  mutating func unique(_ name: String) -> String {
    if names.insert(name).inserted { return name }
    var number = 1
    while !names.insert("\(name)_\(number)").inserted { number += 1 }
    return "\(name)_\(number)"
  }

  mutating func note(_ note: Guidance) {
    if !notes.contains(note) { notes.append(note) }
  }

  /// Keeps what is known about a tensor.
  mutating func describe(_ name: String, _ meta: ProgramTensorMeta) { metas[name] = meta }

  func meta(_ name: String) throws(CheckpointError) -> ProgramTensorMeta {
    guard let meta = metas[name] else {
      throw .program("the program does not describe the tensor `\(name)`")
    }
    return meta
  }

  /// What is known about the first result of a call.
  func outputMeta(of call: ProgramCall) throws(CheckpointError) -> ProgramTensorMeta {
    try meta(call.node.outputs.flatMap(\.names).first ?? "")
  }
}
