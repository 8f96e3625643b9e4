import DBNTensors

/// Restores the nesting of values that a planner flattened: strings in a path are keys of
/// dictionaries, numbers indices into lists.
///
/// Source: `torch/distributed/checkpoint/_traverse.py` (`set_element`).
struct NestedValues {
  private final class Node {
    var value: CheckpointValue?
    var keys: [CheckpointDictionary.Key] = []
    var children: [CheckpointDictionary.Key: Node] = [:]
  }

  private let root = Node()
  private var count = 0

  mutating func set(
    _ path: [CheckpointDictionary.Key], to value: CheckpointValue
  ) throws(CheckpointError) {
    guard path.count <= CheckpointLimits.depth else {
      throw CheckpointError(
        .limitExceeded, "is nested more than \(CheckpointLimits.depth) levels deep",
        advice: "save it with fewer levels")
    }
    var node = root
    for key in path {
      if let child = node.children[key] {
        node = child
      } else {
        let child = Node()
        node.children[key] = child
        node.keys.append(key)
        node = child
      }
      guard node.value == nil else { throw Self.conflict }
    }
    guard node.keys.isEmpty else { throw Self.conflict }
    node.value = value
    count += 1
  }

  func tree() throws(CheckpointError) -> CheckpointValue {
    if root.keys.isEmpty { return .dictionary(CheckpointDictionary()) }
    return try tree(root)
  }

  /// Recurses as deep as the paths are long.
  private func tree(_ node: Node) throws(CheckpointError) -> CheckpointValue {
    if let value = node.value { return value }
    if node.keys.contains(where: { $0.string == nil }) { return try list(node) }
    var dictionary = CheckpointDictionary()
    for key in node.keys {
      if let child = node.children[key] { dictionary.set(key, to: try tree(child)) }
    }
    return .dictionary(dictionary)
  }

  private func list(_ node: Node) throws(CheckpointError) -> CheckpointValue {
    var elements: [CheckpointValue] = []
    for key in node.keys {
      // A list has as many elements as were saved.
      guard case .int(let index) = key, 0..<count ~= index, let child = node.children[key] else {
        throw Self.conflict
      }
      while elements.count <= index { elements.append(.none) }
      elements[index] = try tree(child)
    }
    return .list(elements)
  }

  private static var conflict: CheckpointError {
    DistributedFields.wrong("the planner's mapping of names to paths")
  }
}
