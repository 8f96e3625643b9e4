internal import DBNCHDF5
internal import DBNTensors

/// Creates the objects of a catalog in a new file: groups, datasets with space for their bytes,
/// links and attributes, but not the bytes.
struct CatalogWriter: ~Copyable {
  private let path: String
  /// The file; nil only while it is closed and reopened.
  private var file: Handle?
  private var catalog: Catalog
  private let properties: Properties
  private var types: [Catalog.ElementType: SharedHandle] = [:]
  /// The groups from the root to the one being filled, by index.
  private var openGroups: [(index: Int, handle: SharedHandle)] = []
  /// The number of objects to create before the file is closed and reopened, and the count so far.
  private let objectsAtOnce: Int
  private var objectCount = 0
  private var isCreated: [Bool]

  /// Creates all objects of the catalog, and sets in it the offsets in the file for the bytes of
  /// datasets, except those without bytes or in chunks.
  ///
  /// - Parameter objectsAtOnce: after how many objects the file is closed and reopened, which
  ///   limits memory and affects some bytes in the file.
  static func create(
    _ catalog: inout Catalog, at path: String, objectsAtOnce: Int = 4096
  ) throws(CheckpointError) {
    try Library.run { () throws(CheckpointError) in
      // The writer has the only reference, so that it is not copied.
      var writer = CatalogWriter(
        path, try .make(), exchange(&catalog, with: Catalog()), objectsAtOnce)
      try writer.createAll()
      catalog = writer.catalog
    }
  }

  /// Adds an attribute to the root group of a file that `create` made.
  ///
  /// - Parameter text: its value, which is consumed: it can be long, and closing the file needs
  ///   several times its memory.
  static func add(
    _ name: String, taking text: inout String, at path: String
  ) throws(CheckpointError) {
    try Library.run { () throws(CheckpointError) in
      let file = try Handle.file(changing: path)
      try file.add(Catalog.Attribute(name, .string(exchange(&text, with: ""))), path: "/")
      try file.closeFile()
    }
  }

  /// Writes chunks into datasets that `create` made, in the given order.
  static func add(_ chunks: [StoredChunk], at path: String) throws(CheckpointError) {
    try Library.run { () throws(CheckpointError) in
      let file = try Handle.file(changing: path)
      for chunk in chunks { try file.add(chunk) }
      try file.closeFile()
    }
  }

  private init(
    _ path: String, _ properties: consuming Properties, _ catalog: Catalog, _ objectsAtOnce: Int
  ) {
    self.path = path
    self.properties = properties
    self.catalog = catalog
    self.objectsAtOnce = objectsAtOnce
    isCreated = Array(repeating: false, count: catalog.datasets.count)
  }

  private mutating func createAll() throws(CheckpointError) {
    file = try .file(creating: path)
    try fill(0, openAs: try group(0))
    try closeFile()
  }

  private mutating func closeFile() throws(CheckpointError) {
    if let file = file.take() { try file.closeFile() }
  }

  /// Counts an object before it is created, and reopens the file if it is time to. The library
  /// keeps track of all gaps that alignment left in the file, 200 bytes for each object, until it
  /// is closed.
  private mutating func countObject() throws(CheckpointError) {
    if objectCount == objectsAtOnce {
      let indices = openGroups.map(\.index)
      openGroups = []
      try closeFile()
      file = try .file(changing: path)
      for index in indices { openGroups.append((index, SharedHandle(try group(index)))) }
      objectCount = 0
    }
    objectCount += 1
  }

  /// Opens an existing group.
  private func group(_ index: Int) throws(CheckpointError) -> Handle {
    let path = catalog.groups[index].path
    let identifier =
      switch file {
      case let file?: H5Gopen2(file.identifier, "/" + path, Library.defaults)
      case nil: Library.none
      }
    return try Handle("cannot open the group", name: path, identifier)
  }

  /// The group being filled.
  private var parent: hid_t { openGroups.last?.handle.identifier ?? Library.none }

  /// Recurses as deep as the catalog's groups, whose depth is limited where the catalog is made.
  private mutating func fill(
    _ index: Int, openAs group: consuming Handle
  ) throws(CheckpointError) {
    for attribute in catalog.groups[index].attributes {
      try group.add(attribute, path: catalog.groups[index].path)
    }
    openGroups.append((index, SharedHandle(group)))
    for link in catalog.groups[index].links {
      switch link.target {
      case .group(let child): try createGroup(child, link.name)
      case .dataset(let dataset) where isCreated[dataset]: try tie(dataset, to: link.name)
      case .dataset(let dataset): try createDataset(dataset, link.name)
      case .namedType, .softLink, .externalLink, .userDefinedLink, .unreadable: break
      }
    }
    openGroups.removeLast()
  }

  private mutating func createGroup(_ index: Int, _ name: String) throws(CheckpointError) {
    try countObject()
    let group = try Handle(
      "cannot create the group", name: catalog.groups[index].path,
      H5Gcreate2(
        parent, name, properties.link.identifier, properties.group.identifier, Library.defaults))
    try fill(index, openAs: group)
  }

  private mutating func createDataset(_ index: Int, _ name: String) throws(CheckpointError) {
    try countObject()
    let description = catalog.datasets[index]
    let path = description.path
    let space = try Handle.space(description.shape, path: path)
    let type = try type(of: description)
    let dataset =
      if case .chunked(let chunks) = description.extent {
        try Handle.dataset(
          name, in: parent, type, space, properties.link, .properties(chunks, path: path),
          path: path)
      } else {
        try Handle.dataset(
          name, in: parent, type, space, properties.link, properties.dataset, path: path)
      }
    for attribute in description.attributes { try dataset.add(attribute, path: path) }
    isCreated[index] = true
    if case .chunked = description.extent { return }
    guard let shape = description.shape, !shape.contains(0) else { return }
    catalog.datasets[index].extent = .contiguous(
      offset: try dataset.offset(path: path),
      byteCount: shape.reduce(description.type.byteCount ?? 0, *))
  }

  private func tie(_ index: Int, to name: String) throws(CheckpointError) {
    try check(
      "cannot create the link", name: name,
      H5Lcreate_hard(
        parent, "/" + catalog.datasets[index].path, parent, name, properties.link.identifier,
        Library.defaults))
  }

  private mutating func type(of dataset: Catalog.Dataset) throws(CheckpointError) -> hid_t {
    if let known = types[dataset.type] { return known.identifier }
    let type = SharedHandle(try .type(of: dataset.type, path: dataset.path))
    types[dataset.type] = type
    return type.identifier
  }

  /// The property lists that all objects share.
  private struct Properties: ~Copyable {
    let group: Handle
    let dataset: Handle
    let link: Handle

    static func make() throws(CheckpointError) -> Properties {
      let group = try Handle.properties(chdf5_group_create())
      try group.keepOrder()
      let dataset = try Handle.properties(chdf5_dataset_create())
      try dataset.reserveBytes()
      let link = try Handle.properties(chdf5_link_create())
      try check(
        "cannot choose UTF-8", H5Pset_char_encoding(link.identifier, H5T_CSET_UTF8))
      return Properties(group: group, dataset: dataset, link: link)
    }
  }
}
