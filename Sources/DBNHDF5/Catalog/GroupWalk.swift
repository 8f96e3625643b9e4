internal import DBNTensors

/// A walk through the groups of a file along its links. It tracks the groups that it is inside and
/// counts the links that it follows, so that no file can make it run in circles or forever.
struct GroupWalk {
  private var resolver: CatalogResolver
  /// The indices of the groups from the root to the current one.
  private var open: Set<Int> = []
  private var visits = 0
  private let entryLimit: Int
  private let budget: Budget
  /// How many bytes the names of all entries may still have: a group that is reached under several
  /// names gives its entries as many.
  private var nameRoom: Int

  /// - Parameter file: the file's bytes.
  init(_ catalog: Catalog, of file: ByteRegion) {
    budget = Budget.current(for: file)
    nameRoom = budget.left(for: .text)
    resolver = CatalogResolver(catalog)
    entryLimit = catalog.entryLimit
  }

  /// See `CatalogResolver.upwardNames`.
  var upwardNames: [String] { resolver.upwardNames }

  /// The target of a link, which is never a named type.
  enum Target {
    case group(Int)
    case dataset(Int)
  }

  /// Follows a link.
  ///
  /// - Parameter name: the entry's name, for errors.
  /// - Throws: `limitExceeded` when more links were followed than the file's links permit;
  ///   `namedType`; errors of following soft links.
  mutating func follow(
    _ link: Catalog.Link, in group: Int, name: String
  ) throws(CheckpointError) -> Target {
    visits += 1
    nameRoom -= name.utf8.count
    guard nameRoom >= 0 else { throw budget.error(.text).with(name: name) }
    guard visits <= entryLimit else {
      throw CheckpointError(
        .limitExceeded, name: name,
        "groups are linked so often that there are too many entries to read")
    }
    switch try resolver.object(link, in: group) {
    case .group(let child): return .group(child)
    case .dataset(let dataset): return .dataset(dataset)
    case .namedType:
      throw CheckpointError(
        .namedType, name: name, "is a named datatype, which describes values and has none")
    }
  }

  /// Enters a group.
  ///
  /// - Throws: `groupCycle` for a group that the walk is already inside; `limitExceeded` beyond
  ///   `CheckpointLimits.depth` groups below the root.
  mutating func enter(_ group: Int, name: String) throws(CheckpointError) {
    guard open.insert(group).inserted else {
      throw CheckpointError(
        .groupCycle, name: name, "the group contains itself",
        advice: "remove the link that leads back to it")
    }
    guard open.count - 1 <= CheckpointLimits.depth else { throw .tooDeep(name) }
  }

  mutating func leave(_ group: Int) {
    open.remove(group)
  }
}

extension CheckpointError {
  static func tooDeep(_ name: String) -> CheckpointError {
    CheckpointError(
      .limitExceeded, name: name, "is nested more than \(CheckpointLimits.depth) levels deep")
  }
}
