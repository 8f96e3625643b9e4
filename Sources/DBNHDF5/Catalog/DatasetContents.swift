internal import DBNTensors

/// The values of a catalog's datasets, backed by the mapped file.
struct DatasetContents {
  let catalog: Catalog
  private let file: ByteRegion
  /// Whether the file follows this toolkit's schema, whose attributes define the values' types. In
  /// any other file an attribute with the same name can mean anything.
  private let followsSchema: Bool
  /// Whether Keras wrote the file.
  private let isKeras: Bool
  /// The storage of each dataset that was read, by index.
  private var storages: [TensorStorage?]

  init(
    _ catalog: Catalog, _ file: ByteRegion, followsSchema: Bool = false, isKeras: Bool = false
  ) {
    self.catalog = catalog
    self.file = file
    self.followsSchema = followsSchema
    self.isKeras = isKeras
    storages = Array(repeating: nil, count: catalog.datasets.count)
  }

  /// The dataset as a tensor. Several calls for one dataset return tied tensors.
  mutating func tensor(
    _ index: Int, crc32: UInt32? = nil
  ) throws(CheckpointError) -> Tensor {
    let dataset = catalog.datasets[index]
    let type = try dataset.scalarType(followsSchema: followsSchema, isKeras: isKeras)
    guard let shape = dataset.shape else {
      throw CheckpointError(
        .schemaViolation, name: dataset.path, "has no values, so it cannot be a tensor")
    }
    do throws(CheckpointError) {
      let storage =
        if let known = storages[index] { known } else { try makeStorage(dataset, crc32) }
      storages[index] = storage
      return try Tensor(type, shape: shape, storage: storage)
    } catch {
      throw error.with(name: dataset.path)
    }
  }

  private func makeStorage(
    _ dataset: Catalog.Dataset, _ crc32: UInt32?
  ) throws(CheckpointError) -> TensorStorage {
    if let conversion = dataset.type.conversion {
      return TensorStorage(try stored(dataset, nil), converting: conversion, crc32: crc32)
    }
    guard case .scalar(let type, isBigEndian: true) = dataset.type, type.componentByteCount > 1
    else { return try stored(dataset, crc32) }
    return TensorStorage(
      try stored(dataset, nil), converting: .swappingBytes(of: type.componentByteCount),
      crc32: crc32)
  }

  /// The bytes in the file's order.
  private func stored(
    _ dataset: Catalog.Dataset, _ crc32: UInt32?
  ) throws(CheckpointError) -> TensorStorage {
    let stored = try storedBytes(dataset)
    // The name for checksum errors: the link's name, a string that is in memory anyway. Code that
    // reads a tensor adds the path.
    let record = crc32 == nil ? nil : dataset.name
    if case .region(let region) = stored {
      return TensorStorage(region, crc32: crc32, in: .rootAttribute, record: record)
    }
    let (file, name) = (file, dataset.path)
    let bytes = SlabbedBytes(
      byteCount: stored.byteCount, slabByteCount: stored.slabByteCount,
      storedValues: stored.isUnwritten ? .absent : .present
    ) { range, buffer throws(CheckpointError) in
      do throws(CheckpointError) {
        try stored.copy(range, from: file, to: buffer)
      } catch {
        throw error.with(path: file.path, name: name)
      }
    }
    return TensorStorage(bytes, crc32: crc32, in: .rootAttribute, record: record)
  }

  /// A copy of the bytes of a dataset, which must be small.
  func smallBytes(_ index: Int) throws(CheckpointError) -> [UInt8] {
    let dataset = catalog.datasets[index]
    let storage = try makeStorage(dataset, nil)
    return try storage.withBytes { bytes in bytes.withUnsafeBytes { Array($0) } }
  }

  private func storedBytes(_ dataset: Catalog.Dataset) throws(CheckpointError) -> StoredBytes {
    switch dataset.extent {
    case .none: return .region(ByteRegion([]))
    case .contiguous(let offset, let byteCount):
      return .region(try file.slice(from: offset, count: byteCount))
    case .compact(let bytes): return .region(ByteRegion(bytes))
    case .unwritten(let fill):
      let count = try Tensor.byteCount(of: .uint8, shape: dataset.shape ?? [])
      return .repeated(element: fill, count: count)
    case .chunked(let chunks): return .chunked(try ChunkedDataset(chunks, of: dataset))
    case .unreadable(let error): throw error
    case .strings, .external, .virtual, .unsupported:
      throw CheckpointError(
        .unsupportedLayout, name: dataset.path, "its bytes can't be read as they lie in the file")
    }
  }
}

extension Catalog.Dataset {
  /// The scalar type of the tensor.
  ///
  /// In files with the schema it is the attribute `dtype` if HDF5 has no such type: 8-bit floats
  /// and raw bits are stored as unsigned integers. In other files the attribute is used only for
  /// opaque elements, which have no meaning without it: h5py stores bfloat16 and 8-bit floats of
  /// ml_dtypes like that, and Keras adds the attribute (`H5Entry` in `saving_lib.py`). Its older
  /// files have no such attribute; there, elements of two bytes can only be bfloat16, since no other
  /// type that a variable of Keras can have (`ALLOWED_DTYPES`) has two bytes and is not NumPy's.
  func scalarType(
    followsSchema: Bool, isKeras: Bool = false
  ) throws(CheckpointError) -> ScalarType {
    let named = attributes.string(Schema.Attribute.dtype).flatMap { ScalarType(rawValue: $0) }
    switch type {
    case .scalar(let type, _) where followsSchema && (type == .uint8 || type == .uint16):
      return named.flatMap { $0.byteCount == type.byteCount ? $0 : nil } ?? type
    case .scalar(let type, _): return type
    case .padded(let integer): return integer.type
    case .otherFloat(let float): return float.type
    case .opaque(let byteCount, let tag):
      if let named, named.byteCount == byteCount, followsSchema || named.isUnknownToNumPy {
        return named
      }
      if isKeras, byteCount == 2, tag == nil { return .bfloat16 }
      throw opaqueElements(byteCount, tag)
    case .fixedString, .variableString, .unsupported:
      throw CheckpointError(
        .unsupportedElementType, name: path, "has elements that are not numbers")
    }
  }

  private func opaqueElements(_ byteCount: Int, _ tag: String?) -> CheckpointError {
    let what = tag.map { " (\"\($0.visible())\")" } ?? ""
    return CheckpointError(
      .unsupportedElementType, name: path,
      "has opaque elements of \(counted(byteCount, "byte"))\(what), and the file does not say what "
        + "numbers they are",
      advice: byteCount > 2
        ? "write its numbers as a dataset of HDF5's own types"
        : "if they are bfloat16 or 8-bit floats, which h5py keeps like that, add the attribute "
          + "`dtype` with PyTorch's name of the type: bfloat16, float8_e4m3fn, ...")
  }
}

extension ScalarType {
  /// Whether it is a float that NumPy knows only through ml_dtypes, so that h5py stores its elements
  /// as opaque bytes.
  fileprivate var isUnknownToNumPy: Bool {
    switch self {
    case .bfloat16, .float8E4M3FN, .float8E5M2, .float8E4M3FNUZ, .float8E5M2FNUZ, .float8E8M0FNU:
      true
    default: false
    }
  }
}

extension Catalog.ElementType {
  /// How elements that are not of a scalar type become elements of one; nil for all others.
  fileprivate var conversion: TensorStorage.Conversion? {
    switch self {
    case .padded(let integer): integer.conversion
    case .otherFloat(let float): float.conversion
    case .scalar, .fixedString, .variableString, .opaque, .unsupported: nil
    }
  }
}
