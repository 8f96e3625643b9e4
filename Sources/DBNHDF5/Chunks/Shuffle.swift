/// HDF5's shuffle filter: the first bytes of all elements, then the second bytes, and so on. Bytes
/// after the last whole element stay in place.
///
/// Source: `H5Z__filter_shuffle` in H5Zshuffle.c.
enum Shuffle {
  /// Whether the filter changes anything.
  static func applies(to byteCount: Int, elementSize: Int) -> Bool {
    elementSize > 1 && byteCount / elementSize > 1
  }

  /// Both buffers have the same size and do not overlap.
  static func apply(
    _ source: UnsafeRawBufferPointer, elementSize: Int, into target: UnsafeMutableRawBufferPointer
  ) {
    switch elementSize {
    case 2: split(source, UInt16.self, into: target)
    case 4: split(source, UInt32.self, into: target)
    case 8: split(source, UInt64.self, into: target)
    default:
      let count = source.count / elementSize
      for element in 0..<count {
        for byte in 0..<elementSize {
          target[byte * count + element] = source[element * elementSize + byte]
        }
      }
    }
    copyRest(source, elementSize, into: target)
  }

  static func undo(
    _ source: UnsafeRawBufferPointer, elementSize: Int, into target: UnsafeMutableRawBufferPointer
  ) {
    switch elementSize {
    case 2: join(source, UInt16.self, into: target)
    case 4: join(source, UInt32.self, into: target)
    case 8: join(source, UInt64.self, into: target)
    default:
      let count = source.count / elementSize
      for byte in 0..<elementSize {
        for element in 0..<count {
          target[element * elementSize + byte] = source[byte * count + element]
        }
      }
    }
    copyRest(source, elementSize, into: target)
  }

  /// Works a word at a time, which the compiler can vectorise.
  @inline(__always)
  private static func split<Word: FixedWidthInteger & BitwiseCopyable>(
    _ source: UnsafeRawBufferPointer, _ type: Word.Type, into target: UnsafeMutableRawBufferPointer
  ) {
    let size = MemoryLayout<Word>.size
    let count = source.count / size
    guard count > 0, let source = source.baseAddress, let target = target.baseAddress else {
      return
    }
    for byte in 0..<size {
      let plane = (target + byte * count).assumingMemoryBound(to: UInt8.self)
      let shift = Word(8 * byte)
      for element in 0..<count {
        let word = Word(
          littleEndian: source.loadUnaligned(fromByteOffset: element &* size, as: type))
        plane[element] = UInt8(truncatingIfNeeded: word &>> shift)
      }
    }
  }

  @inline(__always)
  private static func join<Word: FixedWidthInteger & BitwiseCopyable>(
    _ source: UnsafeRawBufferPointer, _ type: Word.Type, into target: UnsafeMutableRawBufferPointer
  ) {
    let size = MemoryLayout<Word>.size
    let count = source.count / size
    guard count > 0, let source = source.baseAddress, let target = target.baseAddress else {
      return
    }
    let planes = source.assumingMemoryBound(to: UInt8.self)
    for element in 0..<count {
      var word: Word = 0
      for byte in 0..<size {
        word |= Word(planes[byte &* count &+ element]) &<< Word(8 &* byte)
      }
      target.storeBytes(of: word.littleEndian, toByteOffset: element &* size, as: type)
    }
  }

  private static func copyRest(
    _ source: UnsafeRawBufferPointer, _ elementSize: Int, into target: UnsafeMutableRawBufferPointer
  ) {
    let rest = source.count / elementSize * elementSize..<source.count
    UnsafeMutableRawBufferPointer(rebasing: target[rest])
      .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[rest]))
  }
}
