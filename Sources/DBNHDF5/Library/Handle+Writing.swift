internal import DBNCHDF5
internal import DBNTensors

extension Handle {
  /// On creation properties of datasets: allocates space early, without filling it, and stores no
  /// times.
  func reserveBytes() throws(CheckpointError) {
    try check("cannot choose a layout", H5Pset_layout(identifier, H5D_CONTIGUOUS))
    try check("cannot reserve space", H5Pset_alloc_time(identifier, H5D_ALLOC_TIME_EARLY))
    try check("cannot turn off fill values", H5Pset_fill_time(identifier, H5D_FILL_TIME_NEVER))
    try check("cannot turn off time stamps", H5Pset_obj_track_times(identifier, false))
  }

  /// Creation properties of a chunked dataset with its filters.
  static func properties(
    _ chunks: Catalog.Chunks, path: String
  ) throws(CheckpointError) -> Handle {
    let creation = try properties(chdf5_dataset_create())
    let sizes = chunks.shape.map { hsize_t($0) }
    try check(
      "cannot choose chunks", name: path,
      H5Pset_chunk(creation.identifier, Int32(sizes.count), sizes))
    for filter in chunks.filters {
      // libhdf5 sets the parameter of shuffle itself.
      let parameters =
        filter.identifier == FilterIdentifier.shuffle.rawValue ? [] : filter.parameters
      try check(
        "cannot choose a filter", name: path,
        H5Pset_filter(
          creation.identifier, H5Z_filter_t(filter.identifier), UInt32(H5Z_FLAG_OPTIONAL),
          parameters.count, parameters))
    }
    try check(
      "cannot turn off fill values", H5Pset_fill_time(creation.identifier, H5D_FILL_TIME_NEVER))
    try check("cannot turn off time stamps", H5Pset_obj_track_times(creation.identifier, false))
    return creation
  }

  /// Creates a dataset (`H5Dcreate2`).
  static func dataset(
    _ name: String, in parent: hid_t, _ type: hid_t, _ space: borrowing Handle,
    _ link: borrowing Handle, _ creation: borrowing Handle, path: String
  ) throws(CheckpointError) -> Handle {
    try Handle(
      "cannot create the dataset", name: path,
      H5Dcreate2(
        parent, name, type, space.identifier, link.identifier, creation.identifier,
        Library.defaults))
  }

  /// On a file: writes a chunk into its dataset without filtering it (`H5Dwrite_chunk`).
  func add(_ chunk: StoredChunk) throws(CheckpointError) {
    let dataset = try Handle(
      "cannot open", name: chunk.path, H5Dopen2(identifier, chunk.path, Library.defaults))
    let origin = chunk.origin.map { hsize_t($0) }
    try chunk.bytes.withBytes { bytes throws(CheckpointError) in
      try bytes.withUnsafeBytes { bytes throws(CheckpointError) in
        _ = try check(
          "cannot write", name: chunk.path,
          H5Dwrite_chunk(
            dataset.identifier, Library.defaults, chunk.filterMask, origin, bytes.count,
            bytes.baseAddress))
      }
    }
  }

  /// The offset of a new dataset's bytes from the start of the file (`H5Dget_offset`).
  func offset(path: String) throws(CheckpointError) -> Int {
    guard let offset = Int(exactly: H5Dget_offset(identifier)) else {
      throw CheckpointError(.hdf5Library, name: path, "no space was reserved for the dataset")
    }
    return offset
  }

  /// A dataspace with this shape; the null dataspace for nil.
  static func space(_ shape: [Int]?, path: String) throws(CheckpointError) -> Handle {
    guard let shape else { return try Handle("cannot make a shape", H5Screate(H5S_NULL)) }
    if shape.isEmpty { return try Handle("cannot make a shape", H5Screate(H5S_SCALAR)) }
    guard shape.count <= H5S_MAX_RANK else {
      throw CheckpointError(
        .cannotBeWritten, name: path, "has \(shape.count) dimensions; HDF5 allows \(H5S_MAX_RANK)")
    }
    let sizes = shape.map { hsize_t($0) }
    return try Handle(
      "cannot make a shape", name: path, H5Screate_simple(Int32(sizes.count), sizes, nil))
  }

  /// Adds an attribute to a group, a dataset, or a file's root group (`H5Acreate2`).
  func add(_ attribute: Catalog.Attribute, path: String) throws(CheckpointError) {
    switch attribute.value {
    case .string(let text):
      // libhdf5 takes texts that end at a NUL.
      guard !text.utf8.contains(0) else {
        throw CheckpointError(
          .cannotBeWritten, name: path.isEmpty ? nil : path,
          "the text of the attribute \(attribute.name) has a NUL in it, at which HDF5 would cut it off",
          advice: "if it is the model's operations, that file is damaged; write another format")
      }
      let type = try Handle.variableText()
      let result = text.withCString { characters in
        Result { () throws(CheckpointError) in
          try add(attribute.name, type, [characters], path)
        }
      }
      try result.get()
    case .int(let number):
      try add(attribute.name, .type(of: .scalar(.int64), path: path), [number], path)
    case .float(let number):
      try add(attribute.name, .type(of: .scalar(.float64), path: path), [number], path)
    case .bool(let flag):
      try add(attribute.name, .type(of: .scalar(.bool), path: path), [flag ? 1 : 0 as Int8], path)
    case .strings(let texts): try add(attribute.name, texts, path)
    case .other, .unreadable: break
    }
  }

  private func add(
    _ name: String, _ type: borrowing Handle, _ value: UnsafeRawPointer, _ path: String
  ) throws(CheckpointError) {
    let space = try Handle.space([], path: path)
    let attribute = try Handle(
      "cannot create the attribute \(name)", name: path,
      H5Acreate2(
        identifier, name, type.identifier, space.identifier, Library.defaults, Library.defaults))
    try check(
      "cannot write the attribute \(name)", name: path,
      H5Awrite(attribute.identifier, type.identifier, value))
  }

  /// Adds a list of texts of equal length, as Keras writes its lists: a list of texts of variable
  /// length can be too large for an attribute.
  private func add(_ name: String, _ texts: [String], _ path: String) throws(CheckpointError) {
    let length = max(1, texts.map(\.utf8.count).max() ?? 0)
    let type = try Handle.type(
      of: .fixedString(byteCount: length, padding: .nulls), path: path)
    let space = try Handle.space([texts.count], path: path)
    let attribute = try Handle(
      "cannot create the attribute \(name)", name: path,
      H5Acreate2(
        identifier, name, type.identifier, space.identifier, Library.defaults, Library.defaults))
    var bytes: [UInt8] = []
    for text in texts {
      bytes += Array(text.utf8) + [UInt8](repeating: 0, count: length - text.utf8.count)
    }
    guard !bytes.isEmpty else { return }
    try check(
      "cannot write the attribute \(name)", name: path,
      H5Awrite(attribute.identifier, type.identifier, bytes))
  }

  private static func variableText() throws(CheckpointError) -> Handle {
    let type = try copy(ofType: chdf5_type_c_string())
    try check("cannot make a type", H5Tset_size(type.identifier, chdf5_variable_length()))
    try check("cannot make a type", H5Tset_cset(type.identifier, H5T_CSET_UTF8))
    return type
  }
}

/// A chunk that is ready to be written.
struct StoredChunk: Sendable {
  /// The path of its dataset.
  let path: String
  let origin: [Int]
  let bytes: ByteRegion
  let filterMask: UInt32
}
