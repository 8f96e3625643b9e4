import DBNTensors

/// Walks two trees in parallel and collects their differences.
struct TreeComparison {
  private(set) var difference = CheckpointDifference()
  private let tolerance: NumberComparison.Tolerance
  /// Called with the number of tensor bytes that were just compared.
  private let progress: (Int) -> Void
  /// The memory that concurrent comparisons may use together.
  private let budget: MemoryBudget?

  init(
    tolerance: NumberComparison.Tolerance, within budget: MemoryBudget? = nil,
    progress: @escaping (Int) -> Void = { _ in }
  ) {
    self.tolerance = tolerance
    self.budget = budget
    self.progress = progress
  }

  /// Compares two values; recurses at most `CheckpointLimits.depth` levels.
  mutating func compare(
    _ a: CheckpointValue, _ b: CheckpointValue, at path: EntryPath
  ) throws(CheckpointError) {
    switch (a, b) {
    case (.tensor(let a), .tensor(let b)): try compare(a, b, at: path)
    case (.dictionary(let a), .dictionary(let b)): try compare(a, b, at: path)
    case (.list(let a), .list(let b)), (.tuple(let a), .tuple(let b)), (.set(let a), .set(let b)):
      try compare(a, b, at: path)
    case (.opaque(let a), .opaque(let b)): try compare(a, b, at: path)
    default:
      guard a.typeName == b.typeName else { return note(path, "type", a.typeName, b.typeName) }
      if !a.hasEqualScalar(to: b) { note(path, "values", "\(a.scalarText)", "\(b.scalarText)") }
    }
  }

  private mutating func compare(
    _ a: CheckpointDictionary, _ b: CheckpointDictionary, at path: EntryPath
  ) throws(CheckpointError) {
    if a.kind != b.kind { note(path, "type", a.kind.rawValue, b.kind.rawValue) }
    for entry in a.entries {
      let inner = path.appending(entry.key)
      if let other = b[entry.key] {
        try compare(entry.value, other, at: inner)
      } else {
        difference.onlyInA.append(inner.name)
      }
    }
    for entry in b.entries where !a.contains(entry.key) {
      difference.onlyInB.append(path.appending(entry.key).name)
    }
    compareOrder(a, b, at: path)
    try compareAttributes(a, b, at: path)
  }

  private mutating func compareOrder(
    _ a: CheckpointDictionary, _ b: CheckpointDictionary, at path: EntryPath
  ) {
    let inA = a.entries.map(\.key).filter { b.contains($0) }
    let inB = b.entries.map(\.key).filter { a.contains($0) }
    if let index = inA.indices.first(where: { inA[$0] != inB[$0] }) {
      note(path, "order", "'\(inA[index])'", "'\(inB[index])'")
    }
  }

  /// Compares attributes such as `_metadata` as a whole.
  private mutating func compareAttributes(
    _ a: CheckpointDictionary, _ b: CheckpointDictionary, at path: EntryPath
  ) throws(CheckpointError) {
    let names = a.attributes.map(\.name) + b.attributes.map(\.name)
    for name in Set(names).sorted() {
      let (inA, inB) = (a.attribute(name), b.attribute(name))
      var inner = TreeComparison(tolerance: tolerance, within: budget)
      if let inA, let inB { try inner.compare(inA, inB, at: path) }
      guard inA == nil || inB == nil || !inner.difference.isEqual else { continue }
      difference.different.append(.init(path.appending(.string(name)).name, "metadata"))
    }
  }

  private mutating func compare(
    _ a: [CheckpointValue], _ b: [CheckpointValue], at path: EntryPath
  ) throws(CheckpointError) {
    guard a.count == b.count else { return note(path, "length", "\(a.count)", "\(b.count)") }
    for index in a.indices { try compare(a[index], b[index], at: path.appending(.int(index))) }
  }

  /// Compares objects of unknown classes as a whole, by their constructor arguments and state.
  private mutating func compare(
    _ a: OpaqueValue, _ b: OpaqueValue, at path: EntryPath
  ) throws(CheckpointError) {
    guard a.name == b.name else { return note(path, "type", a.name, b.name) }
    guard a.isComparable, b.isComparable else {
      let reason = a.unreadableReason ?? b.unreadableReason
      return difference.different.append(.init(path.name, "not compared", reason))
    }
    var inner = TreeComparison(tolerance: tolerance, within: budget)
    try inner.compare(a.parts, b.parts, at: path)
    difference.tensorsCompared += inner.difference.tensorsCompared
    if !inner.difference.isEqual { note(path, "values", "opaque", "opaque") }
  }

  private mutating func compare(
    _ a: Tensor, _ b: Tensor, at path: EntryPath
  ) throws(CheckpointError) {
    difference.tensorsCompared += 1
    if a.kind != b.kind || a.requiresGrad != b.requiresGrad {
      note(path, "kind", a.kindText, b.kindText)
    }
    if a.scalarType != b.scalarType {
      return note(path, "dtype", a.scalarType.name, b.scalarType.name)
    }
    if a.shape != b.shape { return note(path, "shape", "\(a.shape)", "\(b.shape)") }
    do throws(CheckpointError) {
      let isEqual = try a.storage.hasEqualBytes(
        to: b.storage, within: budget, progress: progress)
      if isEqual { return }
      let comparison = try a.comparison(with: b, tolerance: tolerance)
      // Without a tolerance bytes are compared: -0.0 is not 0.0, and NaNs have payloads.
      guard comparison?.isWithinTolerance != true || tolerance.isExact else { return }
      difference.different.append(
        .init(path.name, "values", maxAbsolute: comparison?.maxAbsolute))
    } catch {
      throw error.with(name: path.name)
    }
  }

  /// Compares which names share a storage.
  ///
  /// - Parameter except: the entry whose ties were already compared and are skipped.
  mutating func compareTies(
    _ a: CheckpointValue, _ b: CheckpointValue, except entry: EntryPath? = nil
  ) {
    let inB = Dictionary(b.ties.map { ($0.path, $0.first) }, uniquingKeysWith: { $1 })
    for (path, first) in a.ties {
      guard let other = inB[path], first != other else { continue }
      if let entry, path.keys.starts(with: entry.keys) { continue }
      note(path, "tied_to", first?.name ?? "nothing", other?.name ?? "nothing")
    }
  }

  /// Compares everything around two state dicts.
  mutating func compareSurroundings(
    of entryA: EntryPath, in a: Checkpoint, _ entryB: EntryPath, in b: Checkpoint
  ) throws(CheckpointError) {
    let placeholder = StateDict()
    let (aroundA, aroundB) = (
      a.replacingStateDict(at: entryA, with: placeholder).root,
      b.replacingStateDict(at: entryB, with: placeholder).root
    )
    guard entryA != entryB else {
      try compare(aroundA, aroundB, at: EntryPath())
      return compareTies(a.root, b.root, except: entryA)
    }
    try compareLeaves(
      aroundA.leaves.filter { $0.path != entryA }, aroundB.leaves.filter { $0.path != entryB })
  }

  /// Compares values by their paths, for trees of different structure.
  private mutating func compareLeaves(_ a: [Leaf], _ b: [Leaf]) throws(CheckpointError) {
    let inB = Dictionary(b.map { ($0.path, $0.value) }, uniquingKeysWith: { $1 })
    for (path, value) in a {
      if let other = inB[path] {
        try compare(value, other, at: path)
      } else {
        difference.onlyInA.append(path.name)
      }
    }
    let inA = Set(a.map(\.path))
    difference.onlyInB += b.map(\.path).filter { !inA.contains($0) }.map(\.name)
  }

  private typealias Leaf = (path: EntryPath, value: CheckpointValue)

  private mutating func note(_ path: EntryPath, _ why: String, _ a: String, _ b: String) {
    difference.different.append(.init(path.name, why, "\(a) and \(b)"))
  }
}

extension EntryPath {
  /// The path in reports: a key of the state dict unchanged, with its dots.
  fileprivate var name: String {
    keys.count == 1 ? keys[0].description : description
  }
}
