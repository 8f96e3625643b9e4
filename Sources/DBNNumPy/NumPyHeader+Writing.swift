extension NumPyHeader {
  /// The header of an array in C order, version 1.0: as long as a multiple of 64 bytes, so that the
  /// elements are aligned.
  ///
  /// Source: `numpy.lib.format.write_array_header_1_0`.
  ///
  /// - Parameter type: in NumPy's notation, such as `<f4`.
  static func bytes(type: String, shape: [Int]) -> [UInt8] {
    let sizes = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var text = Array("{'descr': '\(type)', 'fortran_order': False, 'shape': (\(sizes)), }".utf8)
    let start = magic.count + 4
    while (start + text.count + 1) % 64 != 0 { text.append(UInt8(ascii: " ")) }
    text.append(UInt8(ascii: "\n"))
    return magic + [1, 0] + [UInt8(truncatingIfNeeded: text.count), UInt8(text.count >> 8)] + text
  }
}
