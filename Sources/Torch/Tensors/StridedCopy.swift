import Tensors

/// Copies the elements of a strided view into row-major order.
///
/// Dimensions that lie one behind the other are merged first, so that the copy is done in runs as
/// long as possible.
struct StridedCopy: Sendable {
  private struct Dimension {
    var count: Int
    /// Bytes between neighbours.
    var stride: Int
  }

  private let start: Int
  private let elementSize: Int
  /// From the slowest to the fastest; the innermost is `inner`.
  private let outer: [Dimension]
  private let inner: Dimension

  /// The view must have been found to lie inside the source.
  init(_ view: TensorView) {
    elementSize = view.scalarType.byteCount
    start = view.offset * elementSize
    var dimensions: [Dimension] = []
    for (count, stride) in zip(view.size, view.stride) where count != 1 {
      let dimension = Dimension(count: count, stride: stride * elementSize)
      if let last = dimensions.last, last.stride == dimension.stride * count {
        dimensions[dimensions.count - 1] = Dimension(
          count: last.count * count, stride: dimension.stride)
      } else {
        dimensions.append(dimension)
      }
    }
    inner = dimensions.popLast() ?? Dimension(count: 1, stride: elementSize)
    outer = dimensions
  }

  /// Fills `target`, which has exactly the bytes of the view's elements.
  func copy(from source: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer) {
    guard let from = source.baseAddress, let to = target.baseAddress, !target.isEmpty else {
      return
    }
    var counters = [Int](repeating: 0, count: outer.count)
    var position = start
    for offset in stride(from: 0, to: target.count, by: inner.count * elementSize) {
      copyRun(from: from + position, to: to + offset)
      advance(&counters, &position)
    }
  }

  /// Moves to the next run, as an odometer does.
  private func advance(_ counters: inout [Int], _ position: inout Int) {
    for index in outer.indices.reversed() {
      counters[index] += 1
      position += outer[index].stride
      if counters[index] < outer[index].count { return }
      position -= outer[index].stride * outer[index].count
      counters[index] = 0
    }
  }

  private func copyRun(from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer) {
    if inner.stride == elementSize {
      target.copyMemory(from: source, byteCount: inner.count * elementSize)
      return
    }
    switch elementSize {
    case 1: copyElements(UInt8.self, from: source, to: target)
    case 2: copyElements(UInt16.self, from: source, to: target)
    case 4: copyElements(UInt32.self, from: source, to: target)
    case 8: copyElements(UInt64.self, from: source, to: target)
    default: copyElements(UInt128.self, from: source, to: target)
    }
  }

  private func copyElements<Element: BitwiseCopyable>(
    _ type: Element.Type, from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer
  ) {
    for index in 0..<inner.count {
      let element = source.loadUnaligned(fromByteOffset: index * inner.stride, as: type)
      target.storeBytes(
        of: element, toByteOffset: index * MemoryLayout<Element>.size, as: type)
    }
  }
}
