import DBNCHDF5
import DBNTensors

@testable import DBNHDF5

extension Handle {
  /// Describes the dataset: type, shape, and where its bytes lie.
  func dataset(
    path: String, fileByteCount: Int, _ search: inout ChunkSearch
  ) throws(CheckpointError) -> Catalog.Dataset {
    let type = try Handle("cannot describe the type", name: path, H5Dget_type(identifier))
    let elementType = try type.elementType(path)
    let creation = try Handle("cannot describe", name: path, H5Dget_create_plist(identifier))
    var dataset = Catalog.Dataset(path, type: elementType, shape: nil, extent: .none)
    dataset.attributes = try attributes(of: path, within: fileByteCount)
    // Before the dataspace, for which libhdf5 may open the files that a virtual dataset names.
    if let refused = try creation.foreignExtent(path) {
      dataset.extent = refused
      return dataset
    }
    dataset.shape = try datasetShape(path)
    guard let shape = dataset.shape, !shape.contains(0) else { return dataset }
    dataset.extent = try extent(
      creation, type, try Count(shape, elementType, path), path, fileByteCount, &search)
    return dataset
  }

  /// On creation properties: the extent of a dataset whose bytes lie in other files.
  private func foreignExtent(_ path: String) throws(CheckpointError) -> Catalog.Extent? {
    let layout = H5Pget_layout(identifier)
    if layout == H5D_VIRTUAL { return .virtual }
    let files = try check("cannot describe", name: path, H5Pget_external_count(identifier))
    return files > 0 ? .external : nil
  }

  private func datasetShape(_ path: String) throws(CheckpointError) -> [Int]? {
    let space = try Handle("cannot describe the shape", name: path, H5Dget_space(identifier))
    switch H5Sget_simple_extent_type(space.identifier) {
    case H5S_NULL: return nil
    case H5S_SCALAR: return []
    default: break
    }
    let rank = try check(
      "cannot describe the shape", name: path, H5Sget_simple_extent_ndims(space.identifier))
    var sizes = [hsize_t](repeating: 0, count: Int(rank))
    try check(
      "cannot describe the shape", name: path,
      H5Sget_simple_extent_dims(space.identifier, &sizes, nil))
    var shape: [Int] = []
    for size in sizes {
      guard let size = Int(exactly: size) else {
        throw CheckpointError(.overflow, name: path, "a dimension of \(size) can't be counted")
      }
      shape.append(size)
    }
    return shape
  }

  private func extent(
    _ creation: borrowing Handle, _ type: borrowing Handle, _ count: Count, _ path: String,
    _ fileByteCount: Int, _ search: inout ChunkSearch
  ) throws(CheckpointError) -> Catalog.Extent {
    guard let byteCount = count.bytes else {
      return try stringsExtent(type, count.elements, path, fileByteCount)
    }
    switch H5Pget_layout(creation.identifier) {
    case H5D_COMPACT: return .compact(try rawBytes(type, byteCount, path))
    case H5D_CONTIGUOUS:
      let offset = H5Dget_offset(identifier)
      guard offset != haddr_t.max else {
        H5Eclear2(Library.errorStack)
        return .unwritten(fill: try creation.fillValue(type, path))
      }
      guard let offset = Int(exactly: offset) else {
        throw CheckpointError(.overflow, name: path, "the offset \(offset) can't be counted")
      }
      return .contiguous(offset: offset, byteCount: Int(clamping: H5Dget_storage_size(identifier)))
    case H5D_CHUNKED: return .chunked(try chunks(creation, type, &search, path))
    default: return .unsupported("an unknown layout")
    }
  }

  /// The bytes of a compact dataset as they lie in the file (`H5Dread` with the file's own type).
  private func rawBytes(
    _ type: borrowing Handle, _ byteCount: Int, _ path: String
  ) throws(CheckpointError) -> [UInt8] {
    // The format keeps compact data in a header message, whose size has 16 bits.
    guard byteCount < 1 << 16 else {
      throw CheckpointError(.declaredTooLarge, name: path, "compact data of \(byteCount) bytes")
    }
    var bytes = [UInt8](repeating: 0, count: byteCount)
    try check(
      "cannot read", name: path,
      H5Dread(
        identifier, type.identifier, Library.defaults, Library.defaults,
        Library.defaults, &bytes))
    return bytes
  }

  /// On creation properties: the bytes of an element that was never written.
  func fillValue(_ type: borrowing Handle, _ path: String) throws(CheckpointError) -> [UInt8] {
    let byteCount = H5Tget_size(type.identifier)
    // Like compact data, a fill value is a header message.
    guard byteCount < 1 << 16 else {
      throw CheckpointError(.declaredTooLarge, name: path, "an element of \(byteCount) bytes")
    }
    var fill = [UInt8](repeating: 0, count: byteCount)
    var status = H5D_FILL_VALUE_UNDEFINED
    try check("cannot describe", name: path, H5Pfill_value_defined(identifier, &status))
    guard status == H5D_FILL_VALUE_USER_DEFINED else { return fill }
    try check(
      "cannot read the fill value", name: path,
      H5Pget_fill_value(identifier, type.identifier, &fill))
    return fill
  }
}

/// How many elements and bytes a shape stands for.
private struct Count {
  let elements: Int
  /// Nil where the bytes do not lie in the dataset.
  let bytes: Int?

  init(_ shape: [Int], _ type: Catalog.ElementType, _ path: String) throws(CheckpointError) {
    elements = try Tensor.byteCount(of: .uint8, shape: shape, name: path)
    guard let size = type.byteCount else {
      bytes = nil
      return
    }
    let (product, overflow) = elements.multipliedReportingOverflow(by: size)
    guard !overflow else {
      throw CheckpointError(.overflow, name: path, "shape \(shape) can't be counted in bytes")
    }
    bytes = product
  }
}

extension Tensor {
  fileprivate static func byteCount(
    of type: ScalarType, shape: [Int], name: String
  ) throws(CheckpointError) -> Int {
    do throws(CheckpointError) {
      return try byteCount(of: type, shape: shape)
    } catch {
      throw error.with(name: name)
    }
  }
}
