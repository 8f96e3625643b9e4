import DBNPlatform

extension RawSpan {
  /// Whether both have the same bytes.
  package func hasEqualBytes(to other: RawSpan) -> Bool {
    guard byteCount == other.byteCount, byteCount > 0 else { return byteCount == other.byteCount }
    return withUnsafeBytes { mine in
      other.withUnsafeBytes { theirs in
        guard let mine = mine.baseAddress, let theirs = theirs.baseAddress else { return false }
        return memcmp(mine, theirs, byteCount) == 0
      }
    }
  }
}
