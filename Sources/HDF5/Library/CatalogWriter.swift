internal import CHDF5
internal import Tensors

/// Creates what a catalog plans in a new file: groups, datasets with space for their bytes, links
/// and attributes, but not the bytes.
struct CatalogWriter: ~Copyable {
  private let file: Handle
  private let catalog: Catalog
  private let properties: Properties
  private var types: [Catalog.ElementType: SharedType] = [:]
  /// Where the bytes of each dataset go, as `create` says.
  private var offsets: [Int?]
  private var isCreated: [Bool]

  /// - Returns: for each dataset, where in the file its bytes are to be put; nil where there are
  ///   none, or they come in chunks.
  static func create(_ catalog: Catalog, at path: String) throws(CheckpointError) -> [Int?] {
    try Library.run { () throws(CheckpointError) in
      var writer = CatalogWriter(try .file(creating: path), try .make(), catalog)
      try writer.createRoot()
      return try writer.finish()
    }
  }

  /// Adds an attribute to the root group of a file that `create` made.
  static func add(_ attribute: Catalog.Attribute, at path: String) throws(CheckpointError) {
    try Library.run { () throws(CheckpointError) in
      let file = try Handle.file(changing: path)
      try file.add(attribute, path: "/")
      try file.closeFile()
    }
  }

  /// Puts chunks into datasets that `create` made, in the order given.
  static func add(_ chunks: [StoredChunk], at path: String) throws(CheckpointError) {
    try Library.run { () throws(CheckpointError) in
      let file = try Handle.file(changing: path)
      for chunk in chunks { try file.add(chunk) }
      try file.closeFile()
    }
  }

  private init(
    _ file: consuming Handle, _ properties: consuming Properties, _ catalog: Catalog
  ) {
    self.file = file
    self.properties = properties
    self.catalog = catalog
    offsets = Array(repeating: nil, count: catalog.datasets.count)
    isCreated = Array(repeating: false, count: catalog.datasets.count)
  }

  private consuming func finish() throws(CheckpointError) -> [Int?] {
    let offsets = offsets
    try file.closeFile()
    return offsets
  }

  private mutating func createRoot() throws(CheckpointError) {
    let root = try Handle("cannot create", H5Gopen2(file.identifier, "/", Library.defaults))
    try fill(root, from: 0)
  }

  /// Recursion is as deep as the catalog's groups, whose depth its maker has limited.
  private mutating func fill(
    _ group: borrowing Handle, from place: Int
  ) throws(CheckpointError) {
    for attribute in catalog.groups[place].attributes {
      try group.add(attribute, path: catalog.groups[place].path)
    }
    for link in catalog.groups[place].links {
      switch link.target {
      case .group(let child): try createGroup(child, link.name, in: group)
      case .dataset(let dataset) where isCreated[dataset]:
        try tie(dataset, to: link.name, in: group)
      case .dataset(let dataset): try createDataset(dataset, link.name, in: group)
      case .namedType, .softLink, .externalLink, .userDefinedLink: break
      }
    }
  }

  private mutating func createGroup(
    _ place: Int, _ name: String, in parent: borrowing Handle
  ) throws(CheckpointError) {
    let path = catalog.groups[place].path
    let group = try Handle(
      "cannot create the group", name: path,
      H5Gcreate2(
        parent.identifier, name, properties.link.identifier, properties.group.identifier,
        Library.defaults))
    try fill(group, from: place)
  }

  private mutating func createDataset(
    _ place: Int, _ name: String, in parent: borrowing Handle
  ) throws(CheckpointError) {
    let description = catalog.datasets[place]
    let space = try Handle.space(description.shape, path: description.path)
    let type = try type(of: description)
    let dataset =
      if case .chunked(let chunks) = description.extent {
        try Handle.dataset(
          name, in: parent, type, space, properties.link,
          .properties(chunks, path: description.path), path: description.path)
      } else {
        try Handle.dataset(
          name, in: parent, type, space, properties.link, properties.dataset,
          path: description.path)
      }
    for attribute in description.attributes {
      try dataset.add(attribute, path: description.path)
    }
    isCreated[place] = true
    if case .chunked = description.extent { return }
    guard let shape = description.shape, !shape.contains(0) else { return }
    offsets[place] = try dataset.offset(path: description.path)
  }

  private func tie(
    _ place: Int, to name: String, in group: borrowing Handle
  ) throws(CheckpointError) {
    let path = catalog.datasets[place].path
    try check(
      "cannot create the link", name: name,
      H5Lcreate_hard(
        file.identifier, path, group.identifier, name, properties.link.identifier,
        Library.defaults))
  }

  private mutating func type(of dataset: Catalog.Dataset) throws(CheckpointError) -> hid_t {
    if let known = types[dataset.type] { return known.handle.identifier }
    let type = SharedType(try .type(of: dataset.type, path: dataset.path))
    types[dataset.type] = type
    return type.handle.identifier
  }

  /// A type in a dictionary, which can't hold a handle itself.
  private final class SharedType {
    let handle: Handle

    init(_ handle: consuming Handle) {
      self.handle = handle
    }
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
