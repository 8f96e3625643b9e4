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
  /// From the slowest to the fastest, without the two innermost.
  private let outer: [Dimension]
  private let rows: Dimension
  private let columns: Dimension

  /// Columns copied at a time where a transposed plane would touch another cache line for each
  /// element: 16 of float32 fill a line of the target.
  private static let tile = 16

  /// The view must have been found to lie inside the source, and to have elements.
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
    columns = dimensions.popLast() ?? Dimension(count: 1, stride: elementSize)
    rows = dimensions.popLast() ?? Dimension(count: 1, stride: 0)
    outer = dimensions
  }

  /// Fills `target`, which has exactly the bytes of the view's elements.
  func copy(from source: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer) {
    guard let from = source.baseAddress, let to = target.baseAddress else { return }
    var counters = [Int](repeating: 0, count: outer.count)
    var position = start
    let planeSize = rows.count * columns.count * elementSize
    for offset in stride(from: 0, to: target.count, by: planeSize) {
      copyPlane(from: from + position, to: to + offset)
      advance(&counters, &position)
    }
  }

  /// Moves to the next plane, as an odometer does.
  private func advance(_ counters: inout [Int], _ position: inout Int) {
    for index in outer.indices.reversed() {
      counters[index] += 1
      position += outer[index].stride
      if counters[index] < outer[index].count { return }
      position -= outer[index].stride * outer[index].count
      counters[index] = 0
    }
  }

  private func copyPlane(from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer) {
    if columns.stride == elementSize {
      let size = columns.count * elementSize
      for row in 0..<rows.count {
        (target + row * size).copyMemory(from: source + row * rows.stride, byteCount: size)
      }
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
    let size = MemoryLayout<Element>.size
    let tile = rows.stride < columns.stride ? Self.tile : columns.count
    for first in stride(from: 0, to: columns.count, by: tile) {
      for row in 0..<rows.count {
        let (from, to) = (source + row * rows.stride, target + row * columns.count * size)
        for column in first..<min(first + tile, columns.count) {
          let element = from.loadUnaligned(fromByteOffset: column * columns.stride, as: type)
          to.storeBytes(of: element, toByteOffset: column * size, as: type)
        }
      }
    }
  }
}
