import DBNCHDF5
import DBNTensors

@testable import DBNHDF5

/// Fills a catalog from a file by asking libhdf5, which our parser is compared with.
///
/// Objects are found by their address and each is described once, however many links lead to it;
/// there is no recursion, and soft and external links are noted, never followed.
struct CatalogReader: ~Copyable {
  private let file: Handle
  /// The bytes in the file: more than it has of anything can't be honest.
  let fileByteCount: Int
  private var catalog = Catalog()
  private var places: [haddr_t: Catalog.Target] = [:]
  private var pending: [PendingGroup] = []
  /// Bytes in the paths of all links: names below a long one repeat it.
  private var pathByteCount = 0
  private var search = ChunkSearch()

  private struct PendingGroup {
    let place: Int
    let address: haddr_t?
    let depth: Int
  }

  static func read(_ path: String, byteCount: Int) throws(CheckpointError) -> Catalog {
    try Library.run { () throws(CheckpointError) in
      var reader = CatalogReader(file: try .file(reading: path), fileByteCount: byteCount)
      return try reader.readAll()
    }
  }

  private init(file: consuming Handle, fileByteCount: Int) {
    self.file = file
    self.fileByteCount = fileByteCount
  }

  private mutating func readAll() throws(CheckpointError) -> Catalog {
    pending = [PendingGroup(place: 0, address: nil, depth: 0)]
    while let group = pending.popLast() { try read(group) }
    return catalog
  }

  private mutating func read(_ pendingGroup: PendingGroup) throws(CheckpointError) {
    let place = pendingGroup.place
    let path = catalog.groups[place].path
    let group =
      if let address = pendingGroup.address { try open(address, path) } else {
        try Handle("cannot open the root group", H5Gopen2(file.identifier, "/", Library.defaults))
      }
    if pendingGroup.address == nil { try notePlaceOfRoot(group) }
    catalog.groups[place].attributes = try group.attributes(of: path, within: fileByteCount)
    for link in try group.links(of: path) {
      let linkPath = path.appending(link: link.name)
      try count(linkPath, in: path)
      let target = try target(of: link, in: group, path: linkPath, depth: pendingGroup.depth + 1)
      catalog.groups[place].links.append(Catalog.Link(link.name, target))
    }
  }

  private mutating func count(_ linkPath: String, in group: String) throws(CheckpointError) {
    pathByteCount += linkPath.utf8.count
    guard pathByteCount <= Budget(byteCount: fileByteCount).left(for: .text) else {
      throw CheckpointError(.limitExceeded, name: group, "the names of its entries are too long")
    }
  }

  /// A hard link back to the root is a cycle, not another group.
  private mutating func notePlaceOfRoot(_ root: borrowing Handle) throws(CheckpointError) {
    var address: haddr_t = 0
    try check("cannot describe the root group", chdf5_object_address(root.identifier, &address))
    places[address] = .group(0)
  }

  private mutating func target(
    of link: LibraryLink, in group: borrowing Handle, path: String, depth: Int
  ) throws(CheckpointError) -> Catalog.Target {
    switch link.type {
    case H5L_TYPE_HARD: try object(at: link.address, path: path, depth: depth)
    case H5L_TYPE_SOFT: .softLink(try group.softLinkValue(link, path: path))
    case H5L_TYPE_EXTERNAL: .externalLink
    default: .userDefinedLink
    }
  }

  private mutating func object(
    at address: haddr_t, path: String, depth: Int
  ) throws(CheckpointError) -> Catalog.Target {
    if let known = places[address] { return known }
    let object = try open(address, path)
    let target: Catalog.Target
    switch H5Iget_type(object.identifier) {
    case H5I_GROUP:
      target = .group(catalog.groups.count)
      guard depth <= CheckpointLimits.depth else { throw CheckpointError.tooDeep(path) }
      let place = catalog.groups.count
      pending.append(PendingGroup(place: place, address: address, depth: depth))
      catalog.groups.append(Catalog.Group(path: path))
    case H5I_DATASET:
      target = .dataset(catalog.datasets.count)
      catalog.datasets.append(try object.dataset(path: path, fileByteCount: fileByteCount, &search))
    default: target = .namedType
    }
    places[address] = target
    return target
  }

  private func open(_ address: haddr_t, _ path: String) throws(CheckpointError) -> Handle {
    try Handle("cannot open", name: path, H5Oopen_by_addr(file.identifier, address))
  }
}

extension Handle {
  /// Opens a file for reading (`H5Fopen`).
  static func file(reading path: String) throws(CheckpointError) -> Handle {
    let access = try properties(chdf5_file_access())
    try check("cannot switch locking off", chdf5_do_not_lock(access.identifier))
    return try Handle("cannot open", H5Fopen(path, chdf5_read_only(), access.identifier))
  }
}
