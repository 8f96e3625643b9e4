import DBNTensors

/// Restores the nesting of values that a planner flattened: strings in a path are keys of
/// dictionaries, numbers indices into lists.
///
/// Source: `torch/distributed/checkpoint/_traverse.py` (`set_element`).
struct NestedValues {
  private final class Node {
    /// The values in their order; None for each that is a node.
    var entries = CheckpointDictionary()
    var nodes: [CheckpointDictionary.Key: Node] = [:]
  }

  private let root = Node()
  private let budget: Budget
  private var count = 0

  init(_ budget: Budget) { self.budget = budget }

  /// Reserves memory for values at the root.
  func reserveCapacity(_ count: Int) { root.entries.reserveCapacity(count) }

  mutating func set(
    _ path: [CheckpointDictionary.Key], to value: CheckpointValue
  ) throws(CheckpointError) {
    guard path.count <= CheckpointLimits.depth else {
      throw CheckpointError(
        .limitExceeded, "is nested more than \(CheckpointLimits.depth) levels deep",
        advice: "save it with fewer levels")
    }
    guard let last = path.last else { throw Self.conflict }
    var node = root
    for key in path.dropLast() {
      if let child = node.nodes[key] {
        node = child
        continue
      }
      guard !node.entries.contains(key) else { throw Self.conflict }
      let child = Node()
      node.nodes[key] = child
      node.entries.set(key, to: .none)
      node = child
    }
    guard !node.entries.contains(last) else { throw Self.conflict }
    node.entries.set(last, to: value)
    count += 1
  }

  consuming func tree() throws(CheckpointError) -> CheckpointValue {
    if root.entries.entries.isEmpty { return .dictionary(CheckpointDictionary()) }
    var room = budget.left(for: .values)
    return try tree(root, &room)
  }

  /// Recurses as deep as the paths are long.
  ///
  /// - Parameter room: how many elements lists may still have: a list is as long as its last index
  ///   says, so few values can make many long ones.
  private func tree(_ node: Node, _ room: inout Int) throws(CheckpointError) -> CheckpointValue {
    for (key, child) in node.nodes { node.entries.set(key, to: try tree(child, &room)) }
    node.nodes = [:]
    guard node.entries.entries.allSatisfy({ $0.key.string != nil }) else {
      return try list(node, &room)
    }
    let dictionary = node.entries
    node.entries = CheckpointDictionary()
    return .dictionary(dictionary)
  }

  private func list(_ node: Node, _ room: inout Int) throws(CheckpointError) -> CheckpointValue {
    var elements: [CheckpointValue] = []
    for entry in node.entries.entries {
      // A list has as many elements as were saved.
      guard case .int(let index) = entry.key, 0..<count ~= index else { throw Self.conflict }
      room -= max(0, index + 1 - elements.count)
      guard room >= 0 else { throw budget.error(.values) }
      while elements.count <= index { elements.append(.none) }
      elements[index] = entry.value
    }
    return .list(elements)
  }

  private static var conflict: CheckpointError {
    DistributedFields.wrong("the planner's mapping of names to paths")
  }
}
