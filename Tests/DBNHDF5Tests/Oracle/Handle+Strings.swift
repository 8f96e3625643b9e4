import DBNCHDF5
import DBNTensors

@testable import DBNHDF5

extension Handle {
  /// The type by which variable-length strings are read: the file's, with its character set.
  static func variableStringType(
    like type: borrowing Handle
  ) throws(CheckpointError) -> Handle {
    let text = try copy(ofType: chdf5_type_c_string())
    try check("cannot make a type", H5Tset_size(text.identifier, chdf5_variable_length()))
    try check(
      "cannot make a type", H5Tset_cset(text.identifier, H5Tget_cset(type.identifier)))
    return text
  }

  /// The texts of a dataset of variable-length strings, read one by one, so that what libhdf5
  /// allocates is bounded by the longest and the sum is known before the next.
  func stringsExtent(
    _ type: borrowing Handle, _ count: Int, _ path: String, _ fileByteCount: Int
  ) throws(CheckpointError) -> Catalog.Extent {
    guard H5Tis_variable_str(type.identifier) > 0 else {
      return .unsupported("elements of variable size")
    }
    // 16 bytes lie in the file for each string, and at least as many as its text has.
    guard count <= fileByteCount / 16 else {
      throw CheckpointError(.declaredTooLarge, name: path, "\(count) strings in this small a file")
    }
    let memoryType = try Handle.variableStringType(like: type)
    let fileSpace = try Handle("cannot describe", name: path, H5Dget_space(identifier))
    let memorySpace = try Handle("cannot describe", name: path, H5Screate(H5S_SCALAR))
    var strings: [String] = []
    var total = 0
    for index in 0..<count {
      try fileSpace.selectElement(index, of: count, path)
      var pointer: UnsafeMutablePointer<CChar>?
      try check(
        "cannot read", name: path,
        H5Dread(
          identifier, memoryType.identifier, memorySpace.identifier, fileSpace.identifier,
          Library.defaults, &pointer))
      strings.append(try String(takingLibraryString: pointer, name: path))
      total += strings[index].utf8.count
      guard total <= fileByteCount else {
        throw CheckpointError(.declaredTooLarge, name: path, "more text than the file can hold")
      }
    }
    return .strings(strings)
  }

  /// On a dataspace: selects the element at `index` in row-major order.
  private func selectElement(
    _ index: Int, of count: Int, _ path: String
  ) throws(CheckpointError) {
    let rank = try check("cannot select", name: path, H5Sget_simple_extent_ndims(identifier))
    guard rank > 0 else { return }
    var sizes = [hsize_t](repeating: 0, count: Int(rank))
    try check("cannot select", name: path, H5Sget_simple_extent_dims(identifier, &sizes, nil))
    var (rest, coordinates) = (hsize_t(index), sizes)
    for dimension in sizes.indices.reversed() {
      coordinates[dimension] = rest % sizes[dimension]
      rest /= sizes[dimension]
    }
    try check(
      "cannot select", name: path,
      H5Sselect_elements(identifier, H5S_SELECT_SET, 1, coordinates))
  }
}
