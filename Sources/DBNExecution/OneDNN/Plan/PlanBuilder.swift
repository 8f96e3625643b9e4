import DBNCOneDNN
import DBNModels
import DBNTensors

/// Makes a plan for a graph and inputs of known shapes.
struct PlanBuilder {
  /// How the plan will be used.
  struct Purpose: Hashable {
    /// The mode of all BatchNorms; nil if each runs in its own.
    var mode: ExecutionMode?
    /// Whether nodes may be fused.
    var fuses: Bool
    /// Whether BatchNorms may be folded into weights.
    var foldsBatchNorm: Bool
  }

  let weights: WeightStore
  let sized: SizedGraph
  let batchNorms: [String: BatchNormModule]
  let purpose: Purpose

  private(set) var drafts: [Draft] = []
  private(set) var slots = Slots()
  private(set) var values: [String: PlannedValue] = [:]
  /// How many times each value will still be used.
  private var usesLeft: [String: Int] = [:]
  /// The same, summed over the values in each slot.
  private var slotUsesLeft: [Int: Int] = [:]
  private var scaleShifts: [String: ScaleShift] = [:]
  /// The values that do not depend on inputs.
  private var constants: Set<String> = []

  var processor: Processor { weights.processor }

  init(
    _ graph: Graph, _ weights: WeightStore, _ batchNorms: [String: BatchNormModule],
    inputs: [String: [Int]], _ purpose: Purpose
  ) throws(CheckpointError) {
    self.weights = weights
    self.batchNorms = batchNorms
    self.purpose = purpose
    sized = try graph.sized(
      for: inputs, parameters: weights.shapes, features: batchNorms.mapValues(\.features))
  }

  mutating func plan() throws(CheckpointError) -> Plan {
    let units = purpose.fuses ? fusedUnits() : sized.graph.nodes.map { Unit(nodes: [$0]) }
    for name in units.flatMap(\.inputs) + sized.graph.outputs { usesLeft[name, default: 0] += 1 }
    var inputs: [(name: String, value: PlannedValue)] = []
    for input in sized.graph.inputs {
      let value = try makeValue(.plain, sized.shapes[input.name] ?? [])
      slots.use(value.slot, at: -1)
      set(input.name, value)
      inputs.append((input.name, value))
    }
    var stages: [Plan.Stage] = []
    for unit in units { stages.append(try stage(unit)) }
    let start = drafts.count
    let outputs = try sized.graph.outputs.map { name throws(CheckpointError) in
      try plain(try value(name))
    }
    for output in outputs { slots.use(output.slot, at: .max) }
    return try Plan(
      weights, drafts, slots, inputs: inputs, stages: stages, last: start..<drafts.count,
      outputs: outputs)
  }

  private func fusedUnits() -> [Unit] {
    let fusion = Fusion(graph: sized) { attributes in
      attributes.mode(given: purpose.mode) == .evaluation
        && attributes.appliesAffine && batchNorms[attributes.module]?.rows.count == 1
    }
    return fusion.units()
  }

  private mutating func stage(_ unit: Unit) throws(CheckpointError) -> Plan.Stage {
    let start = drafts.count
    var results: [PlannedValue] = []
    do throws(CheckpointError) {
      let made = try add(unit)
      for (name, value) in zip(unit.outputs, made) { set(name, value) }
      for name in unit.inputs { release(name) }
      // When nodes are inspected, every value is needed in plain layout.
      if !purpose.fuses { for value in made { results.append(try plain(value)) } }
    } catch {
      throw error.with(name: unit.primary.name)
    }
    let isConstant = isConstant(unit)
    if isConstant { for name in unit.outputs { keep(name) } }
    return Plan.Stage(
      node: unit.primary, steps: start..<drafts.count, results: results, isConstant: isConstant)
  }

  /// Whether its outputs are the same in every pass, such as an attention's table of positions picked
  /// from a parameter. When nodes are inspected, each is computed.
  private func isConstant(_ unit: Unit) -> Bool {
    purpose.fuses && unit.nodes.allSatisfy { $0.operation.batchNorm == nil }
      && unit.inputs.allSatisfy(constants.contains)
  }

  /// Keeps a value's memory from pass to pass.
  private mutating func keep(_ name: String) {
    constants.insert(name)
    guard let value = values[name] else { return }
    for step in [-1, .max] { slots.use(value.slot, at: step) }
    slotUsesLeft[value.slot, default: 0] += 1
  }

  // MARK: Values

  func value(_ name: String) throws(CheckpointError) -> PlannedValue {
    guard let value = values[name] else {
      throw CheckpointError(
        .missingOperand, name: name, "the graph uses a value that no input or earlier node makes")
    }
    return value
  }

  /// The node's operand as a value; an error if it is a parameter.
  func operand(_ index: Int, of node: Graph.Node) throws(CheckpointError) -> PlannedValue? {
    guard index < node.operands.count, case .value(let name) = node.operands[index] else {
      return nil
    }
    return try value(name)
  }

  /// The node's operand as a value; a parameter is copied in every pass.
  ///
  /// - Returns: nil if there is none, or a parameter without dimensions or elements.
  mutating func operandOrCopy(
    _ index: Int, of node: Graph.Node
  ) throws(CheckpointError) -> PlannedValue? {
    if let value = try operand(index, of: node) { return value }
    guard index < node.operands.count, case .parameter(let key) = node.operands[index],
      let shape = weights.shapes[key], !shape.isEmpty, !shape.contains(0)
    else { return nil }
    let target = try makeValue(.plain, shape)
    let buffer = try weights.constant(key, as: target.layout, from: target.layout)
    guard let kernel = try Kernel.reorder(from: target.layout, to: target.layout, processor) else {
      return nil
    }
    try add(
      kernel,
      [
        .init(CONEDNN_ARG_FROM, target.layout, .constant(buffer)), .init(CONEDNN_ARG_TO, target),
      ])
    return target
  }

  mutating func makeValue(
    _ kind: Layout.Kind, _ shape: [Int]
  ) throws(CheckpointError) -> PlannedValue {
    makeValue(try Layout(kind, shape))
  }

  mutating func makeValue(_ layout: Layout) -> PlannedValue {
    PlannedValue(slot: slots.add(layout), layout: layout)
  }

  private mutating func set(_ name: String, _ value: PlannedValue) {
    values[name] = value
    slotUsesLeft[value.slot, default: 0] += usesLeft[name, default: 0]
  }

  private mutating func release(_ name: String) {
    guard let value = values[name] else { return }
    slotUsesLeft[value.slot, default: 0] -= 1
  }

  /// Whether a value's memory may be overwritten: its only remaining use is the one that is being
  /// planned, and nothing reads it afterwards.
  func isLastUse(_ value: PlannedValue) -> Bool {
    purpose.fuses && slotUsesLeft[value.slot, default: 0] <= 1
  }

  // MARK: Steps

  mutating func add(_ draft: Draft) {
    for slot in draft.slots { slots.use(slot, at: drafts.count) }
    drafts.append(draft)
  }

  mutating func add(_ kernel: Kernel, _ arguments: [Draft.Argument]) throws(CheckpointError) {
    let scratchpad = try kernel.layout(.scratchpad, [])
    var arguments = arguments
    if scratchpad.byteCount > 0 {
      arguments.append(
        Draft.Argument(CONEDNN_ARG_SCRATCHPAD, scratchpad, .slot(slots.add(scratchpad))))
    }
    add(.kernel(kernel, arguments))
  }

  /// The value in a layout: unchanged, or reordered.
  mutating func reordered(
    _ value: PlannedValue, to layout: Layout
  ) throws(CheckpointError) -> PlannedValue {
    if value.layout.isEqual(to: layout) { return value }
    return try copied(value, to: layout)
  }

  mutating func copied(
    _ value: PlannedValue, to layout: Layout
  ) throws(CheckpointError) -> PlannedValue {
    guard let kernel = try Kernel.reorder(from: value.layout, to: layout, processor) else {
      throw CheckpointError(.engineFailed, "oneDNN cannot reorder \(value.shape)")
    }
    let target = makeValue(layout)
    try add(kernel, [.init(CONEDNN_ARG_FROM, value), .init(CONEDNN_ARG_TO, target)])
    return target
  }

  mutating func plain(_ value: PlannedValue) throws(CheckpointError) -> PlannedValue {
    try reordered(value, to: Layout(.plain, value.shape))
  }

  /// The same numbers, in plain layout, as another shape.
  mutating func reshaped(
    _ value: PlannedValue, to shape: [Int]
  ) throws(CheckpointError) -> PlannedValue {
    if value.shape == shape { return value }
    return PlannedValue(slot: try plain(value).slot, layout: try Layout(.plain, shape))
  }

  /// The scale and shift of a BatchNorm's row in a layout, cached.
  mutating func scaleShift(
    _ module: String, row: Int, _ layout: Layout
  ) throws(CheckpointError) -> ScaleShift {
    let key = "\(module) \(row)"
    if let known = scaleShifts[key], known.layout.isEqual(to: layout) { return known }
    guard let batchNorm = batchNorms[module] else {
      throw CheckpointError(.missingOperand, "there is no BatchNorm '\(module)'")
    }
    do throws(CheckpointError) {
      let made = try ScaleShift(batchNorm, row: row, layout, processor)
      scaleShifts[key] = made
      return made
    } catch {
      throw error.with(name: module)
    }
  }
}
