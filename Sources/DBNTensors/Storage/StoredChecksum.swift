import Synchronization

/// The CRC-32 of a tensor's bytes: what the file records, if it does, and whether the bytes are known
/// to have it. In eight bytes, since a checkpoint can have very many.
struct StoredChecksum: ~Copyable, Sendable {
  /// The CRC-32, if any is recorded or known, and above it the flags.
  private let state: Atomic<UInt64>

  private enum Flag {
    static let isRecorded: UInt64 = 1 << 32
    static let isInAttribute: UInt64 = 1 << 33
    static let isKnown: UInt64 = 1 << 34
  }

  init(recorded: UInt32?, in place: ChecksumPlace) {
    var state = recorded.map { Flag.isRecorded | UInt64($0) } ?? 0
    if place == .rootAttribute { state |= Flag.isInAttribute }
    self.state = Atomic(state)
  }

  /// What the file records.
  var recorded: UInt32? { number(Flag.isRecorded) }

  /// What the bytes are known to have; where one is recorded, they are the same.
  var known: UInt32? { number(Flag.isKnown) }

  var place: ChecksumPlace {
    state.load(ordering: .relaxed) & Flag.isInAttribute == 0 ? .archive : .rootAttribute
  }

  /// Notes what the bytes were found to have, which must be what is recorded.
  func note(_ crc32: UInt32) {
    let flags = state.load(ordering: .relaxed) & ~UInt64(UInt32.max)
    state.store(flags | Flag.isKnown | UInt64(crc32), ordering: .relaxed)
  }

  private func number(_ flag: UInt64) -> UInt32? {
    let state = state.load(ordering: .relaxed)
    return state & flag == 0 ? nil : UInt32(truncatingIfNeeded: state)
  }
}

/// Where a file keeps the checksums of its tensors, which says what can be done about a wrong one.
package enum ChecksumPlace: Sendable {
  /// With the record itself, in an archive.
  case archive
  /// In an attribute of an HDF5 file's root.
  case rootAttribute

  var damageAdvice: Guidance {
    switch self {
    case .archive: TensorStorage.damageAdvice
    case .rootAttribute:
      "the file is damaged: get it again; if it was edited on purpose, remove the root attribute "
        + "`checksums`"
    }
  }
}
