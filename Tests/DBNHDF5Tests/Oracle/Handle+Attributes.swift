import DBNCHDF5
import DBNTensors

@testable import DBNHDF5

extension Handle {
  /// The attributes of a group or dataset.
  func attributes(
    of path: String, within fileByteCount: Int
  ) throws(CheckpointError) -> [Catalog.Attribute] {
    var count: hsize_t = 0
    try check("cannot describe", name: path, chdf5_attribute_count(identifier, &count))
    var attributes: [Catalog.Attribute] = []
    // Counting up, not reserving: the count is the file's word.
    for index in 0..<count {
      let attribute = try Handle(
        "cannot open an attribute", name: path,
        H5Aopen_by_idx(
          identifier, ".", H5_INDEX_NAME, H5_ITER_INC, index, Library.defaults, Library.defaults))
      let name = try attribute.attributeName(path)
      let value = try attribute.attributeValue("\(path)@\(name)", within: fileByteCount)
      attributes.append(Catalog.Attribute(name, value))
    }
    return attributes
  }

  private func attributeName(_ path: String) throws(CheckpointError) -> String {
    let length = try check("cannot name an attribute", name: path, H5Aget_name(identifier, 0, nil))
    var name = [CChar](repeating: 0, count: length + 1)
    try check("cannot name an attribute", name: path, H5Aget_name(identifier, name.count, &name))
    let utf8 = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    guard let text = String(validating: utf8, as: UTF8.self) else {
      throw CheckpointError(.invalidText, name: path, "an attribute's name is not valid UTF-8")
    }
    return text
  }

  /// The value of a scalar attribute that a checkpoint can have; `other` for every other.
  private func attributeValue(
    _ name: String, within fileByteCount: Int
  ) throws(CheckpointError) -> Catalog.Attribute.Value {
    let space = try Handle("cannot describe", name: name, H5Aget_space(identifier))
    let type = try Handle("cannot describe", name: name, H5Aget_type(identifier))
    guard H5Sget_simple_extent_type(space.identifier) == H5S_SCALAR else { return .other }
    switch try type.elementType(name) {
    case .variableString: return .string(try variableString(type, name))
    case .fixedString(let byteCount, let padding):
      guard byteCount <= fileByteCount else { return .other }
      let bytes = try attributeBytes(type, byteCount, name)
      return .string(try padding.text(of: bytes[...], name: name))
    case .scalar(.bool, _): return .bool(try attributeBytes(type, 1, name) != [0])
    case .scalar(.float32, _), .scalar(.float64, _), .scalar(.float16, _):
      return .float(try number(as: chdf5_type_float64(), 0 as Double, name))
    case .scalar(let type, _) where !type.isComplex && type != .bfloat16:
      return .int(try number(as: chdf5_type_int64(), 0 as Int, name))
    default: return .other
    }
  }

  /// Reads one variable-length string (`H5Aread`), whose memory libhdf5 allocates.
  private func variableString(
    _ type: borrowing Handle, _ name: String
  ) throws(CheckpointError) -> String {
    var pointer: UnsafeMutablePointer<CChar>?
    let memoryType = try Handle.variableStringType(like: type)
    try check("cannot read", name: name, H5Aread(identifier, memoryType.identifier, &pointer))
    return try String(takingLibraryString: pointer, name: name)
  }

  /// The bytes as they lie in the file; the type has been found to have elements of `byteCount`.
  private func attributeBytes(
    _ type: borrowing Handle, _ byteCount: Int, _ name: String
  ) throws(CheckpointError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: byteCount)
    try check("cannot read", name: name, H5Aread(identifier, type.identifier, &bytes))
    return bytes
  }

  private func number<Number: BitwiseCopyable>(
    as type: hid_t, _ zero: Number, _ name: String
  ) throws(CheckpointError) -> Number {
    var number = zero
    try check("cannot read", name: name, H5Aread(identifier, type, &number))
    return number
  }
}

extension String {
  /// The text of a variable-length string, whose memory is given back (`H5free_memory`).
  init(
    takingLibraryString pointer: UnsafeMutablePointer<CChar>?, name: String
  ) throws(CheckpointError) {
    guard let pointer else {
      self = ""
      return
    }
    defer { H5free_memory(pointer) }
    guard let text = String(validatingCString: pointer) else {
      throw CheckpointError(.invalidText, name: name, "the text is not valid UTF-8")
    }
    self = text
  }
}
