internal import DBNTensors

/// The bytes of a dataset as stored in its file: contiguous, as one repeated element, or in chunks.
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

  /// Whether none of the values was ever written.
  var isUnwritten: Bool {
    switch self {
    case .region: false
    case .repeated: true
    case .chunked(let chunked): chunked.unwrittenByteCount == chunked.byteCount
    }
  }

  /// The granularity of reading: ranges must begin and end at multiples of it.
  var slabByteCount: Int {
    switch self {
    case .region: 1
    case .repeated(let element, _): element.count
    case .chunked(let chunked): chunked.slabByteCount
    }
  }

  /// Copies the bytes of a range that consists of whole slabs.
  ///
  /// - Parameter file: the file that contains the chunks.
  func copy(
    _ range: Range<Int>, from file: ByteRegion, to buffer: UnsafeMutableRawBufferPointer
  ) throws(CheckpointError) {
    switch self {
    case .region(let region):
      try region.slice(from: range.lowerBound, count: range.count).withBytes { bytes in
        bytes.withUnsafeBytes { buffer.copyMemory(from: $0) }
      }
    case .repeated(let element, _): buffer.fill(with: element)
    case .chunked(let chunked): try chunked.read(range, from: file, to: buffer)
    }
  }
}

extension UnsafeMutableRawBufferPointer {
  func fill(with element: [UInt8]) {
    guard let first = element.first, count >= element.count else { return }
    if element.allSatisfy({ $0 == first }) {
      _ = initializeMemory(as: UInt8.self, repeating: first)
      return
    }
    UnsafeMutableRawBufferPointer(rebasing: self[..<element.count]).copyBytes(from: element)
    // Each copy doubles what is filled.
    var filled = element.count
    while filled < count {
      let next = Swift.min(filled, count - filled)
      UnsafeMutableRawBufferPointer(rebasing: self[filled..<filled + next])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: self[..<next]))
      filled += next
    }
  }
}
