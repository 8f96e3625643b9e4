/// Whether a file holds values for bytes.
package enum StoredValues: Sendable {
  case present
  /// None was ever written: the bytes are a value that stands for that.
  case absent
  /// If all bytes are zero, none was ever written: a writer that leaves out checksums only of what it
  /// does not write leaves zeros.
  case absentIfZero
}

extension ByteSource {
  /// The same for bytes that are computed from others: from absent ones only.
  package var storedValues: StoredValues {
    let values = sources.map(\.storedValues)
    if values.isEmpty || values.contains(.present) { return .present }
    return values.contains(.absentIfZero) ? .absentIfZero : .absent
  }

  /// Bytes that are computed from several have a checksum if all of them have.
  package var hasChecksum: Bool { !sources.isEmpty && sources.allSatisfy(\.hasChecksum) }
}
