public import DBNTensors

/// The result of reading all bytes of a checkpoint and comparing them with its checksums.
public struct IntegrityCheck: Sendable {
  /// What is known of the values of a tensor.
  public enum Finding: String, Sendable {
    /// They have the checksum that the file has of them.
    case verified
    /// The file has no checksum of them: they were read, and could be any.
    case noChecksum = "none"
    /// They were never written: the file has only room for them.
    case neverWritten = "never_written"
  }

  /// The number of distinct tensors; tied tensors count as one.
  public let tensors: Int
  /// The number of tensor bytes that were read.
  public let byteCount: Int
  /// How many of the tensors have a checksum in the file.
  public var withChecksum: Int { tensors - notVerified.count }
  /// The tensors whose values are not known to be right, and why, in the file's order.
  public let notVerified: [(path: EntryPath, finding: Finding)]

  /// The entries that can't be read, and objects of unknown classes: nothing of them was compared.
  public let unread: [EntryPath]

  /// - Parameter progress: called with the byte count of each piece that was read, on any thread.
  /// - Throws: `inconsistentFile` for a file that is marked as unfinished by its writer;
  ///   `checksumMismatch` or another error in a tensor, with its name.
  public init(
    _ checkpoint: Checkpoint, progress: @Sendable (Int) -> Void = { _ in }
  ) throws(CheckpointError) {
    if let reason = checkpoint.inconsistency {
      throw CheckpointError(
        .inconsistentFile, reason,
        advice: "close it there; if that program crashed, values may be stale, and 'h5clear -s' of "
          + "HDF5 removes the mark")
    }
    let tensors = checkpoint.storages
    let budget = MemoryBudget.current
    let findings = try concurrentMap(tensors.count) { index throws(CheckpointError) in
      do throws(CheckpointError) {
        return try Self.examine(tensors[index].storage, within: budget, progress)
      } catch {
        throw error.with(name: "\(tensors[index].path)")
      }
    }
    self.tensors = tensors.count
    unread = checkpoint.root.leaves.filter { leaf in
      if case .opaque = leaf.value { true } else { false }
    }.map(\.path)
    byteCount = checkpoint.tensorByteCount
    notVerified = zip(tensors, findings).filter { $1 != .verified }.map { ($0.path, $1) }
  }

  /// How many tensors there are with this finding.
  public func count(of finding: Finding) -> Int {
    finding == .verified ? withChecksum : notVerified.count { $0.finding == finding }
  }

  private static func examine(
    _ storage: TensorStorage, within budget: MemoryBudget, _ progress: (Int) -> Void
  ) throws(CheckpointError) -> Finding {
    let values = storage.storedValues
    var isZero = true
    _ = try storage.crc32(pieces: 1 << 20, within: budget) { _, piece in
      if values == .absentIfZero, isZero {
        isZero = piece.withUnsafeBytes { bytes in bytes.allSatisfy { $0 == 0 } }
      }
      progress(piece.byteCount)
    }
    if storage.hasChecksum { return .verified }
    let isAbsent = values == .absent || values == .absentIfZero && isZero
    return isAbsent && storage.byteCount > 0 ? .neverWritten : .noChecksum
  }
}

extension CheckpointError.Code {
  /// The file is marked as unfinished by its writer.
  public static let inconsistentFile = Self("inconsistent-file")
}
