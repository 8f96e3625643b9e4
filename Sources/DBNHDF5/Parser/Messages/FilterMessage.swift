internal import DBNTensors

/// The filters of a dataset's chunks, in the order of writing.
///
/// Source: HDF5 File Format Specification 3.0, section IV.A.2.l.
struct FilterMessage {
  private(set) var filters: [Catalog.Chunks.Filter] = []

  private static let firstNamedIdentifier = 256
  /// The largest number of filters that libhdf5 allows.
  private static let filterLimit = 32

  init(parsing reader: inout ByteReader) throws(CheckpointError) {
    let version = try reader.readVersion(of: "a filter pipeline", in: 1...2)
    let count = Int(try reader.read(UInt8.self))
    guard count <= FilterMessage.filterLimit else {
      throw .invalidMetadata("chunks have \(count) filters", at: reader.fileOffset)
    }
    if version == 1 { try reader.skip(6) }
    for _ in 0..<count {
      let identifier = Int(try reader.read(UInt16.self))
      let hasName = version == 1 || identifier >= FilterMessage.firstNamedIdentifier
      let nameByteCount = hasName ? Int(try reader.read(UInt16.self)) : 0
      try reader.skip(2)
      let parameterCount = Int(try reader.read(UInt16.self))
      try reader.skip(version == 1 ? (nameByteCount + 7) / 8 * 8 : nameByteCount)
      var parameters: [UInt32] = []
      for _ in 0..<parameterCount { parameters.append(try reader.read(UInt32.self)) }
      if version == 1, !parameterCount.isMultiple(of: 2) { try reader.skip(4) }
      filters.append(Catalog.Chunks.Filter(identifier: identifier, parameters: parameters))
    }
  }
}
