public import DBNTensors

/// A reading of all bytes of a checkpoint, against the checksums it has.
public struct IntegrityCheck: Sendable {
  /// How many distinct tensors there are; tied tensors count as one.
  public let tensors: Int
  /// How many bytes of tensors were read.
  public let byteCount: Int
  /// How many of the tensors have a checksum in the file.
  public let withChecksum: Int

  /// - Parameter progress: called with the bytes of each piece that was read, from any thread.
  /// - Throws: `inconsistentFile` for a file that says that its writer never finished;
  ///   `checksumMismatch`, or what else is wrong with a tensor; with its name.
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
    let budget = MemoryBudget()
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
    byteCount = checkpoint.tensorByteCount
    withChecksum = tensors.count { $0.storage.hasChecksum }
  }
}

extension CheckpointError.Code {
  /// The file says that its writer never finished.
  public static let inconsistentFile = Self("inconsistent-file")
}
