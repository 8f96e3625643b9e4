import Synchronization

/// The CRC-32 of a tensor's bytes: the recorded value, if the file has one, and whether the bytes
/// are known to match. In eight bytes, since a checkpoint can have very many.
struct StoredChecksum: ~Copyable, Sendable {
  /// The CRC-32, if any is recorded or known, in the low 32 bits, and flags above it.
  private let state: Atomic<UInt64>

  private enum Flag {
    static let isRecorded: UInt64 = 1 << 32
    static let isInAttribute: UInt64 = 1 << 33
    static let isKnown: UInt64 = 1 << 34
    static let isLeftOut: UInt64 = 1 << 35
  }

  init(recorded: UInt32?, in place: ChecksumPlace) {
    var state = recorded.map { Flag.isRecorded | UInt64($0) } ?? 0
    switch place {
    case .archive: break
    case .rootAttribute: state |= Flag.isInAttribute
    case .leftOut: state |= Flag.isLeftOut
    }
    self.state = Atomic(state)
  }

  /// The CRC-32 that the file records.
  var recorded: UInt32? { number(Flag.isRecorded) }

  /// The CRC-32 that the bytes are known to have; equals the recorded one if there is one.
  var known: UInt32? { number(Flag.isKnown) }

  var place: ChecksumPlace {
    let flags = state.load(ordering: .relaxed)
    if flags & Flag.isInAttribute != 0 { return .rootAttribute }
    return flags & Flag.isLeftOut != 0 ? .leftOut : .archive
  }

  /// Stores the CRC-32 computed from the bytes, which must equal the recorded one if there is one.
  func note(_ crc32: UInt32) {
    let flags = state.load(ordering: .relaxed) & ~UInt64(UInt32.max)
    state.store(flags | Flag.isKnown | UInt64(crc32), ordering: .relaxed)
  }

  private func number(_ flag: UInt64) -> UInt32? {
    let state = state.load(ordering: .relaxed)
    return state & flag == 0 ? nil : UInt32(truncatingIfNeeded: state)
  }
}

/// Where a file keeps the checksums of its tensors, which determines the advice for a wrong one.
package enum ChecksumPlace: Sendable {
  /// With the record itself, in an archive.
  case archive
  /// In an attribute of an HDF5 file's root.
  case rootAttribute
  /// Nowhere, in an archive that has checksums of other records.
  case leftOut

  var damageAdvice: Guidance {
    switch self {
    case .archive, .leftOut: TensorStorage.damageAdvice
    case .rootAttribute:
      "the file is damaged: get it again; if it was edited on purpose, remove the root attribute "
        + "`checksums`"
    }
  }
}
