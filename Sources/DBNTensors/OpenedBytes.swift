/// The bytes of a storage, for reading parts of them in any order: conversions are made for the part
/// that is asked for.
package struct OpenedBytes: Sendable {
  private let region: ByteRegion
  /// The first is made first.
  private let conversions: [TensorStorage.Conversion]

  init(_ region: ByteRegion, _ conversions: [TensorStorage.Conversion] = []) {
    self.region = region
    self.conversions = conversions
  }

  func converting(_ conversion: TensorStorage.Conversion) -> OpenedBytes {
    OpenedBytes(region, conversions + [conversion])
  }

  /// The bytes from `start`, `count` of them, which are whole elements.
  package func slice(from start: Int, count: Int) throws(CheckpointError) -> ByteRegion {
    var (first, byteCount) = (start, count)
    for conversion in conversions.reversed() {
      first = first / conversion.to * conversion.from
      byteCount = byteCount / conversion.to * conversion.from
    }
    let stored = try region.slice(from: first, count: byteCount)
    var bytes = stored
    for conversion in conversions {
      bytes = try bytes.withBytes { bytes throws(CheckpointError) in
        try conversion.apply(to: bytes)
      }
    }
    if !conversions.isEmpty { stored.release() }
    return bytes
  }
}

extension TensorStorage {
  /// Opens the bytes before their checksum was compared: who reads all computes it on the way, and
  /// hands it to `accept` at the end.
  package func opened() throws(CheckpointError) -> OpenedBytes {
    guard case .converted(let source, let conversion) = source else {
      return OpenedBytes(try materialised())
    }
    return try source.openedAndVerified().converting(conversion)
  }

  private func openedAndVerified() throws(CheckpointError) -> OpenedBytes {
    guard case .converted = source else { return OpenedBytes(try verifiedBytes()) }
    if checksum.recorded != nil { try scan(of: Self.pieceByteCount) { _, _ in } }
    return try opened()
  }

  /// Whether opening it takes no memory: the bytes lie in a file as they are.
  package var isInPlace: Bool {
    switch source {
    case .region(let region): region.path != nil
    case .part(let region, _): region.path != nil
    case .converted(let source, _): source.isInPlace
    case .deflated, .slabs, .computed: false
    }
  }
}
