internal import Tensors

/// HDF5's shuffle filter: the first bytes of all elements, then the second bytes, and so on.
enum Shuffle {
  /// Bytes after the last whole element were left where they are.
  ///
  /// Source: `H5Z__filter_shuffle` in H5Zshuffle.c.
  static func undo(_ region: ByteRegion, elementSize: Int) -> ByteRegion {
    guard elementSize > 1, region.count / elementSize > 1 else { return region }
    let count = region.count / elementSize
    return ByteRegion(byteCount: region.count) { target in
      region.withBytes { bytes in
        bytes.withUnsafeBytes { source in
          for byte in 0..<elementSize {
            for element in 0..<count {
              target[element * elementSize + byte] = source[byte * count + element]
            }
          }
          for index in (count * elementSize)..<region.count { target[index] = source[index] }
        }
      }
    }
  }
}
