internal import Tensors

/// The bytes of a dataset as its file has them: lying in one run, one element over and over, or cut
/// into chunks.
enum StoredBytes: Sendable {
  case region(ByteRegion)
  case repeated(element: [UInt8], count: Int)
  case chunked(ChunkedDataset)

  var byteCount: Int {
    switch self {
    case .region(let region): region.count
    case .repeated(let element, let count): element.count * count
    case .chunked(let chunked): chunked.byteCount
    }
  }

  /// - Parameter file: the file that chunks lie in.
  func copy(
    from file: ByteRegion, to buffer: UnsafeMutableRawBufferPointer
  ) throws(CheckpointError) {
    switch self {
    case .region(let region):
      region.withBytes { bytes in bytes.withUnsafeBytes { buffer.copyMemory(from: $0) } }
    case .repeated(let element, _): buffer.fill(with: element)
    case .chunked(let chunked): try chunked.read(from: file, to: buffer)
    }
  }
}

extension UnsafeMutableRawBufferPointer {
  func fill(with element: [UInt8]) {
    guard !element.isEmpty else { return }
    for start in stride(from: 0, to: count, by: element.count) {
      UnsafeMutableRawBufferPointer(rebasing: self[start..<start + element.count])
        .copyBytes(from: element)
    }
  }
}
