internal import DBNTensors

/// Fills a catalog from a file's bytes.
///
/// Objects are identified by their address, and each is described once, however many links point to
/// it. There is no recursion; soft and external links are recorded, never followed.
struct CatalogParser {
  var file: MetadataFile
  var globalHeap = GlobalHeap()
  private var catalog = Catalog()
  var remarks = Remarks()
  private var targets: [Int: Catalog.Target] = [:]
  private var pending: [PendingGroup] = []
  var lastFilters = OneEntryCache<[Catalog.Chunks.Filter]>()
  var lastFill = OneEntryCache<[UInt8]>()
  var lastShape = OneEntryCache<[Int]?>()
  private let budget: Budget
  /// How many bytes the paths of all links may still have: a long name is repeated in all paths
  /// below it.
  private var pathRoom: Int

  private struct PendingGroup {
    let index: Int
    let header: ObjectHeader
    let depth: Int
  }

  /// - Parameter salvages: whether the end of the file may be missing: then objects that can't be
  ///   found are unreadable entries, and groups have the links that can be read.
  static func read(
    _ file: ByteRegion, salvages: Bool = false
  ) throws(CheckpointError) -> Catalog {
    FileEvent.report(.parsedHDF5Catalog, file)
    let superblock = try Superblock(file, salvages: salvages)
    var parser = CatalogParser(
      file: try MetadataFile(file, superblock, salvages: salvages))
    parser.catalog.isUnclosed = superblock.isUnclosed
    parser.catalog.isSalvaged = salvages
    return try parser.readAll(root: superblock.root)
  }

  private init(file: MetadataFile) {
    self.file = file
    budget = Budget.current(for: file.file)
    pathRoom = budget.left(for: .text)
  }

  private mutating func readAll(root: Int) throws(CheckpointError) -> Catalog {
    // A hard link back to the root is a cycle, not another group.
    targets[root] = .group(0)
    let header = try ObjectHeader(at: root, in: &file)
    guard header.isGroup else {
      throw .invalidMetadata("the root is not a group", at: file.offset(of: root))
    }
    pending = [PendingGroup(index: 0, header: header, depth: 0)]
    while let group = pending.popLast() {
      do throws(CheckpointError) {
        try read(group)
      } catch {
        let path = catalog.groups[group.index].path
        guard catalog.isSalvaged, group.index > 0, error.code != .limitExceeded else {
          throw error.with(name: path.isEmpty ? nil : path)
        }
        addLost(to: group.index, error.reason)
      }
    }
    catalog.remarks = remarks
    return catalog
  }

  private mutating func read(_ group: PendingGroup) throws(CheckpointError) {
    let path = catalog.groups[group.index].path
    catalog.groups[group.index].attributes = try groupAttributes(group.header, path)
    let links = try links(of: group.header)
    catalog.groups[group.index].links.reserveCapacity(links.count)
    catalog.datasets.makeRoom(for: links.count)
    for link in links {
      try count(link.name, in: path)
      let target = try self.target(of: link, in: group)
      if !link.isUTF8 { remarks.add(.otherName, path.appending(link: link.name)) }
      catalog.groups[group.index].links.append(Catalog.Link(link.name, target))
    }
    if group.header.isIncomplete {
      addLost(to: group.index, "the part of the file that lists them is missing")
    }
  }

  /// Adds an entry that stands for those whose names are lost.
  private mutating func addLost(to group: Int, _ reason: String) {
    let error = CheckpointError(.truncated, reason)
    catalog.groups[group].links.append(Catalog.Link("(more entries)", .unreadable(error)))
  }

  /// The attributes of a group; in a file that is salvaged, none if they are lost.
  private mutating func groupAttributes(
    _ header: ObjectHeader, _ path: String
  ) throws(CheckpointError) -> [Catalog.Attribute] {
    do throws(CheckpointError) {
      return try attributes(of: header, path: path)
    } catch {
      guard catalog.sets(aside: error) else { throw error }
      return []
    }
  }

  private mutating func count(_ name: String, in group: String) throws(CheckpointError) {
    pathRoom -= (group.isEmpty ? 0 : group.utf8.count + 1) + name.utf8.count
    guard pathRoom >= 0 else { throw budget.error(.text).with(name: group) }
  }

  private mutating func target(
    of link: ParsedLink, in group: PendingGroup
  ) throws(CheckpointError) -> Catalog.Target {
    switch link.target {
    case .soft(let path): return .softLink(path)
    case .external: return .externalLink
    case .userDefined: return .userDefinedLink
    case .hard(let address):
      do throws(CheckpointError) {
        return try object(at: address, as: link.name, in: group)
      } catch {
        let error = error.with(name: catalog.groups[group.index].path.appending(link: link.name))
        guard catalog.sets(aside: error) else { throw error }
        return .unreadable(error)
      }
    }
  }

  private mutating func object(
    at address: Int, as name: String, in parent: PendingGroup
  ) throws(CheckpointError) -> Catalog.Target {
    if let known = targets[address] { return known }
    let (group, depth) = (catalog.groups[parent.index].path, parent.depth + 1)
    let header = try ObjectHeader(at: address, in: &file)
    let target: Catalog.Target
    if header.isDataset {
      target = .dataset(catalog.datasets.count)
      catalog.datasets.makeRoom(for: 1)
      catalog.datasets.append(try dataset(header, as: name, in: group))
    } else if header.isGroup {
      let path = group.appending(link: name)
      guard depth <= CheckpointLimits.depth else { throw CheckpointError.tooDeep(path) }
      let index = catalog.groups.count
      target = .group(index)
      pending.append(PendingGroup(index: index, header: header, depth: depth))
      catalog.groups.append(Catalog.Group(path: path, parent: parent.index))
    } else if header[.datatype] != nil {
      target = .namedType
    } else {
      throw .invalidMetadata("an object is of no known kind", at: file.offset(of: address))
    }
    targets[address] = target
    return target
  }
}

extension ObjectHeader {
  /// Source: `H5O_obj_class` in H5Oint.c, and the `isa` functions of each class.
  fileprivate var isDataset: Bool { self[.datatype] != nil && self[.dataspace] != nil }

  fileprivate var isGroup: Bool { self[.symbolTable] != nil || self[.linkInfo] != nil }
}
