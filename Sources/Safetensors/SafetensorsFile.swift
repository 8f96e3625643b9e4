internal import Tensors

/// One file to be written: its header, and where the bytes of each tensor go.
struct SafetensorsFile {
  private let header: [UInt8]
  private let tensors: [(name: String, tensor: Tensor)]
  /// Where each tensor begins in the file.
  private let offsets: [Int]

  /// - Parameter tensors: each of a type that the format has; they are put into the order of the
  ///   format's library, by descending type, then by name.
  init(
    _ tensors: [(name: String, tensor: Tensor)], metadata: [(name: String, text: String)]
  ) throws(CheckpointError) {
    var header = SafetensorsHeader()
    header.metadata = metadata
    let sorted = tensors.compactMap { Placed($0.name, $0.tensor) }.sorted(by: <)
    var end = 0
    for placed in sorted {
      let start = end
      end += placed.tensor.byteCount
      header.entries.append(placed.entry(start..<end))
    }
    let bytes = try header.bytes()
    self.header = bytes
    self.tensors = sorted.map { ($0.name, $0.tensor) }
    offsets = header.entries.map { bytes.count + $0.start }
  }

  /// Puts the header and the bytes of all tensors in their places, on all cores.
  func write(to file: borrowing AtomicFile) throws(CheckpointError) {
    let destination = file.destination
    try destination.write(header.span.bytes, at: 0)
    try concurrentForEach(tensors.count) { index throws(CheckpointError) in
      let (name, tensor) = tensors[index]
      do throws(CheckpointError) {
        try tensor.storage.forEachUncheckedPiece(of: 1 << 20) {
          start, bytes throws(CheckpointError) in
          try destination.write(bytes, at: offsets[index] + start)
        }
      } catch {
        throw error.with(name: name)
      }
    }
  }
}

/// A tensor on its way into a file.
private struct Placed {
  let name: String
  let tensor: Tensor
  private let type: SafetensorsType

  init?(_ name: String, _ tensor: Tensor) {
    guard let type = SafetensorsType(tensor.scalarType) else { return nil }
    self.name = name
    self.tensor = tensor
    self.type = type
  }

  static func < (left: Placed, right: Placed) -> Bool {
    if left.type != right.type { return left.type.rank > right.type.rank }
    return left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
  }

  func entry(_ place: Range<Int>) -> SafetensorsHeader.Entry {
    var shape = tensor.shape
    // PyTorch counts pairs of 4-bit floats, the format counts each.
    if type == .float4, let last = shape.popLast() { shape.append(last * 2) }
    return SafetensorsHeader.Entry(
      name: name, type: type, shape: shape, start: place.lowerBound, end: place.upperBound)
  }
}
