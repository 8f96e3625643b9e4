public import DBNTensors

/// The result of reading all bytes of a checkpoint and comparing them with its checksums.
public struct IntegrityCheck: Sendable {
  /// The number of distinct tensors; tied tensors count as one.
  public let tensors: Int
  /// The number of tensor bytes that were read.
  public let byteCount: Int
  /// How many of the tensors have a checksum in the file.
  public let withChecksum: Int

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
    try concurrentForEach(tensors.count) { index throws(CheckpointError) in
      do throws(CheckpointError) {
        _ = try tensors[index].storage.crc32(pieces: 1 << 20, within: budget) { _, piece in
          progress(piece.byteCount)
        }
      } catch {
        throw error.with(name: "\(tensors[index].path)")
      }
    }
    self.tensors = tensors.count
    unread = checkpoint.root.leaves.filter { leaf in
      if case .opaque = leaf.value { true } else { false }
    }.map(\.path)
    byteCount = checkpoint.tensorByteCount
    withChecksum = tensors.count { $0.storage.hasChecksum }
  }
}

extension CheckpointError.Code {
  /// The file is marked as unfinished by its writer.
  public static let inconsistentFile = Self("inconsistent-file")
}
