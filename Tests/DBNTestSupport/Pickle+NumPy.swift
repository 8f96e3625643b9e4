import DBNTensors

extension Pickle {
  /// So many arrays of NumPy, one after the other in a pickle: four float32 each, whose bytes are two
  /// integers with the array's number. All share their class and type, which the first one has put in
  /// the memo (0 to 3), as with NumPy's own.
  public static func arrays(_ count: Int) -> [[UInt8]] {
    let type =
      call("numpy.dtype", text("f4"), no, yes)
      + tuple(int(3), text("<"), none, none, none, int(-1), int(-1), int(0)) + build
    let made = [
      global("numpy._core.multiarray._reconstruct"), global("numpy.ndarray"),
      bytes(Array("b".utf8)), type,
    ].enumerated().map { $0.element + put(UInt8($0.offset)) }
    let recalled = (0..<4).map { get(UInt8($0)) }
    return (0..<count).map { number in
      let parts = number == 0 ? made : recalled
      let data = bytes(littleEndian(number) + littleEndian(number))
      return parts[0] + tuple(parts[1], tuple([0]), parts[2]) + reduce
        + tuple(int(1), tuple([4]), parts[3], no, data) + build
    }
  }

  private static let no: [UInt8] = [0x89]
  private static let yes: [UInt8] = [0x88]

  /// At most 255 bytes.
  private static func bytes(_ bytes: [UInt8]) -> [UInt8] { [0x43, UInt8(bytes.count)] + bytes }
}
