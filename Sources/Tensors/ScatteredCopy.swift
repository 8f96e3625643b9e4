/// Puts an array whose elements come one behind the other, in pieces, to where each belongs in a
/// larger array or in one with its dimensions in another order.
package struct ScatteredCopy: Sendable {
  /// Bytes that stay together.
  private let run: Int
  private let start: Int
  /// From the slowest to the fastest, but for those inside a run; strides in bytes of the target.
  private let dimensions: [(count: Int, stride: Int)]

  /// - Parameters:
  ///   - shape: in the order in which elements come, the slowest dimension first; no size is zero.
  ///   - strides: bytes between neighbours in the target, by dimension.
  ///   - start: where in the target the first element belongs.
  package init(shape: [Int], strides: [Int], start: Int = 0, elementSize: Int) {
    var (run, dimensions) = (elementSize, [(count: Int, stride: Int)]())
    for (count, stride) in zip(shape, strides).reversed() where count != 1 {
      if dimensions.isEmpty, stride == run {
        run *= count
      } else {
        dimensions.append((count, stride))
      }
    }
    self.run = run
    self.start = start
    self.dimensions = dimensions.reversed()
  }

  /// Copies a piece that begins `offset` bytes after the first element.
  package func copy(
    _ piece: RawSpan, at offset: Int, to target: UnsafeMutableRawBufferPointer
  ) {
    guard let to = target.baseAddress else { return }
    var (counters, place) = position(ofRun: offset / run)
    var inside = offset % run
    piece.withUnsafeBytes { source in
      guard let from = source.baseAddress else { return }
      var done = 0
      while done < source.count {
        let count = min(run - inside, source.count - done)
        (to + place + inside).copyMemory(from: from + done, byteCount: count)
        done += count
        inside = 0
        advance(&counters, &place)
      }
    }
  }

  private func position(ofRun index: Int) -> (counters: [Int], place: Int) {
    var (rest, place) = (index, start)
    var counters = [Int](repeating: 0, count: dimensions.count)
    for (dimension, size) in dimensions.enumerated().reversed() {
      counters[dimension] = rest % size.count
      place += counters[dimension] * size.stride
      rest /= size.count
    }
    return (counters, place)
  }

  /// Moves to the next run, as an odometer does.
  private func advance(_ counters: inout [Int], _ place: inout Int) {
    for index in dimensions.indices.reversed() {
      counters[index] += 1
      place += dimensions[index].stride
      if counters[index] < dimensions[index].count { return }
      place -= dimensions[index].stride * dimensions[index].count
      counters[index] = 0
    }
  }
}
