/// A summary of what a checkpoint holds besides the tensors of certain state dicts.
public struct OutsideValues: Sendable {
  /// A part of the tree whose tensors are all outside the state dicts.
  public struct Place: Sendable {
    /// Where it is in the checkpoint.
    public let entry: EntryPath
    /// The number of tensors in it.
    public let tensorCount: Int
    /// How many of the tensors are an optimizer's or other training state.
    public let trainingTensorCount: Int
    /// Whether some of the others have dimensions: parts of a model, not a loss.
    public let mayBeModel: Bool

    /// Whether all its tensors are an optimizer's or other training state.
    public var isTrainingState: Bool { tensorCount == trainingTensorCount }
  }

  /// The largest such parts, in file order: `optimizer`, `loss`, `state/optimizer`.
  public var places: [Place] = []
  /// The number of other values that are in none of `places`: numbers, strings, empty containers.
  public var otherCount = 0

  /// Whether there is nothing.
  public var isEmpty: Bool { places.isEmpty && otherCount == 0 }

  /// A phrase for each of `places`, up to `limit`, and for the rest: "optimizer: 40 tensors",
  /// "loss: a tensor", "12 other values".
  public func phrases(limit: Int = 10) -> [String] {
    var phrases = places.prefix(limit).map { place in
      let count = place.tensorCount
      return "\("\(place.entry)".visible()): \(count == 1 ? "a tensor" : "\(count) tensors")"
    }
    if places.count > limit {
      let tensors = places.dropFirst(limit).reduce(0) { $0 + $1.tensorCount }
      phrases.append("\(tensors) tensors in \(places.count - limit) other entries")
    }
    if otherCount > 0 { phrases.append("\(otherCount) other value\(otherCount == 1 ? "" : "s")") }
    return phrases
  }
}

extension Checkpoint {
  /// What the checkpoint holds besides the tensors directly in the state dicts at these entries:
  /// tensors and optimizer states elsewhere, and other values. Attributes are not counted.
  ///
  /// Each of the `places` has the shortest path that leads to none of the state dicts.
  ///
  /// - Parameter countsNested: whether mappings inside a state dict, such as `_extra_state`, are
  ///   counted too: their tensors are not directly the state dict's.
  public func outside(_ entries: [EntryPath], countsNested: Bool = true) -> OutsideValues {
    var tree = EntryTree()
    for entry in entries { tree.add(entry.keys[...]) }
    var search = OutsideSearch(countsNested: countsNested)
    search.visit(root, key: nil, entries.isEmpty ? nil : tree, inside: nil)
    return search.result
  }
}

/// A tree of the paths of state dicts, by key.
private struct EntryTree {
  var isEntry = false
  var children: [CheckpointDictionary.Key: EntryTree] = [:]

  mutating func add(_ keys: ArraySlice<CheckpointDictionary.Key>) {
    guard let key = keys.first else {
      isEntry = true
      return
    }
    children[key, default: EntryTree()].add(keys.dropFirst())
  }
}

/// Recurses at most `CheckpointLimits.depth` levels, which every reader enforces.
private struct OutsideSearch {
  let countsNested: Bool
  var result = OutsideValues()
  private var path = EntryPath()

  init(countsNested: Bool) {
    self.countsNested = countsNested
  }

  private struct Counts {
    var tensors = 0
    var training = 0
    var mayBeModel = false
    var others = 0
  }

  mutating func visit(
    _ value: CheckpointValue, key: CheckpointDictionary.Key?, _ tree: EntryTree?,
    inside outer: TrainingState?
  ) {
    let training = TrainingState.of(value, under: key, inside: outer)
    guard let tree else { return addPlace(value, training) }
    if tree.isEntry && !countsNested { return }
    if let entries = value.dictionary?.entries {
      for entry in entries { visit(entry.value, below: entry.key, tree, training) }
    } else if let elements = value.elements {
      for (index, element) in elements.enumerated() {
        visit(element, below: .int(index), tree, training)
      }
    } else {
      addPlace(value, training)
    }
  }

  private mutating func visit(
    _ child: CheckpointValue, below key: CheckpointDictionary.Key, _ tree: EntryTree,
    _ training: TrainingState?
  ) {
    if tree.isEntry && child.tensor != nil { return }
    path.keys.append(key)
    visit(child, key: key, tree.children[key], inside: training)
    path.keys.removeLast()
  }

  private mutating func addPlace(_ value: CheckpointValue, _ training: TrainingState?) {
    var counts = Counts()
    count(value, training, &counts)
    result.otherCount += counts.tensors == 0 ? counts.others : 0
    guard counts.tensors > 0 else { return }
    result.places.append(
      .init(
        entry: path, tensorCount: counts.tensors, trainingTensorCount: counts.training,
        mayBeModel: counts.mayBeModel))
  }

  private func count(
    _ value: CheckpointValue, _ training: TrainingState?, _ counts: inout Counts
  ) {
    func count(_ child: CheckpointValue, under key: CheckpointDictionary.Key) {
      self.count(child, TrainingState.of(child, under: key, inside: training), &counts)
    }
    if let tensor = value.tensor {
      counts.tensors += 1
      if training != nil {
        counts.training += 1
      } else if !tensor.shape.isEmpty {
        counts.mayBeModel = true
      }
    } else if let entries = value.dictionary?.entries, !entries.isEmpty {
      for entry in entries { count(entry.value, under: entry.key) }
    } else if let elements = value.elements, !elements.isEmpty {
      for (index, element) in elements.enumerated() { count(element, under: .int(index)) }
    } else {
      counts.others += 1
    }
  }
}
