/// The tensors with their names, in the state dict's order. Other values (`_extra_state`) are in
/// `dictionary` only.
extension StateDict: BidirectionalCollection {
  /// A name and its tensor.
  public typealias Element = (name: String, tensor: Tensor)

  /// The position of a tensor among all entries.
  public struct Index: Comparable, Sendable {
    fileprivate let entry: Int

    /// Whether the left index comes first.
    public static func < (left: Index, right: Index) -> Bool { left.entry < right.entry }
  }

  /// The index of the first tensor.
  public var startIndex: Index { next(from: 0) }
  /// The index after the last tensor.
  public var endIndex: Index { Index(entry: dictionary.entries.count) }

  /// The index of the next tensor.
  public func index(after index: Index) -> Index { next(from: index.entry + 1) }

  /// The index of the previous tensor.
  public func index(before index: Index) -> Index {
    var entry = index.entry - 1
    while dictionary.entries[entry].value.tensor == nil { entry -= 1 }
    return Index(entry: entry)
  }

  /// The name and the tensor at an index.
  public subscript(index: Index) -> Element {
    let entry = dictionary.entries[index.entry]
    guard let tensor = entry.value.tensor, let name = entry.key.string else {
      preconditionFailure("not an index of this state dict")
    }
    return (name, tensor)
  }

  private func next(from entry: Int) -> Index {
    let entries = dictionary.entries
    return Index(
      entry: entries[entry...].firstIndex { $0.value.tensor != nil } ?? entries.endIndex)
  }
}

extension StateDict: CustomStringConvertible {
  /// "62 tensors: conv1.weight float32 [64, 3, 7, 7], bn1.weight float32 [64], ...".
  public var description: String {
    let shown = prefix(3).map { "\($0.name.visible()) \($0.tensor)" }
    let more = count > shown.count ? ", ..." : ""
    return "\(count) tensor\(count == 1 ? "" : "s")"
      + (shown.isEmpty ? "" : ": " + shown.joined(separator: ", ") + more)
  }
}

extension Tensor: CustomStringConvertible {
  /// `float32 [64, 3, 7, 7]`.
  public var description: String { "\(scalarType.name) \(shape)" }
}

extension Checkpoint: CustomStringConvertible {
  /// "dict of 4: epoch, state_dict, optimizer, ...": what the root is, and its first keys.
  public var description: String {
    let keys = root.dictionary?.entries.prefix(3).map { $0.key.description.visible() } ?? []
    let more = (root.dictionary?.entries.count ?? 0) > keys.count ? ", ..." : ""
    return root.scalarText + (keys.isEmpty ? "" : ": " + keys.joined(separator: ", ") + more)
  }
}
