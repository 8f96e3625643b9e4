/// The elements of a storage, converted when they are read: to another byte order or scalar type.
struct ConvertedBytes: ByteSource {
  let storage: TensorStorage
  let conversion: TensorStorage.Conversion

  var byteCount: Int { storage.byteCount / conversion.from * conversion.to }

  func bytes() throws(CheckpointError) -> ByteRegion {
    try ByteRegion(byteCount: byteCount) { target throws(CheckpointError) in
      try read(pieces: TensorStorage.pieceByteCount) { start, piece in
        piece.withUnsafeBytes {
          UnsafeMutableRawBufferPointer(rebasing: target[start...]).copyMemory(from: $0)
        }
      }
    }
  }

  func read(
    pieces size: Int, upTo count: Int, _ body: (Int, RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    let (from, to) = (conversion.from, conversion.to)
    let elements = max(1, size / max(from, to))
    try storage.read(pieces: elements * from, upTo: count / to * from) {
      start, bytes throws(CheckpointError) in
      let piece = try conversion.apply(to: bytes)
      try piece.withBytes { bytes throws(CheckpointError) in try body(start / from * to, bytes) }
    }
  }

  func opened() throws(CheckpointError) -> any RandomAccessBytes {
    RandomAccess(bytes: try storage.opened(), conversion: conversion)
  }

  /// Converts only the requested part.
  private struct RandomAccess: RandomAccessBytes {
    let bytes: any RandomAccessBytes
    let conversion: TensorStorage.Conversion

    func slice(from start: Int, count: Int) throws(CheckpointError) -> ByteRegion {
      let (from, to) = (conversion.from, conversion.to)
      let stored = try bytes.slice(from: start / to * from, count: count / to * from)
      defer { stored.release() }
      return try stored.withBytes { bytes throws(CheckpointError) in
        try conversion.apply(to: bytes)
      }
    }
  }

  var openedByteCount: Int { storage.openedByteCount }
  var origin: ByteRegion? { storage.origin }
  var sources: [TensorStorage] { [storage] }
  var largestBuffer: Int { storage.largestBuffer }
}
