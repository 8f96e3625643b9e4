public import Tensors
import Zip

/// Checkpoints of `torch.save`, in the zip format of PyTorch 1.6 and later.
///
/// The pickle inside is interpreted without executing anything of it. Tensors borrow the file's
/// bytes: they are read, and checked against the archive's checksums, when they are used.
public enum TorchCheckpoint {
  /// Whether the file begins as one that `torch.save` wrote, in any of its formats.
  public static func recognises(_ file: ByteRegion) -> Bool {
    ZipArchive.recognises(file) || OldTorchFormat(of: file) != nil
  }

  /// Reads a checkpoint.
  ///
  /// - Throws: a `CheckpointError` that names the key, global or record at fault.
  public static func read(_ file: ByteRegion) throws(CheckpointError) -> Checkpoint {
    do throws(CheckpointError) {
      guard ZipArchive.recognises(file) else { throw refusal(of: file) }
      return try read(TorchArchive(file))
    } catch {
      var error = error
      error.advice = error.advice ?? "the file is damaged or made to deceive; get it again"
      throw error
    }
  }

  private static func read(_ archive: TorchArchive) throws(CheckpointError) -> Checkpoint {
    do throws(CheckpointError) {
      var machine = PickleMachine(archive.pickle, tensors: TensorBuilder(archive))
      let value = try machine.run()
      var tree = CheckpointTree(machine.heap, machine.tensors)
      return Checkpoint(
        root: try tree.convert(value), history: archive.history, notes: tree.notes)
    } catch {
      throw error.with(name: archive.pickleName)
    }
  }

  private static func refusal(of file: ByteRegion) -> CheckpointError {
    if file.count == 0 {
      return CheckpointError(
        .notATorchCheckpoint, "is empty", advice: "the file is incomplete; get it again")
    }
    if let format = OldTorchFormat(of: file) { return format.refusal }
    return CheckpointError(
      .notATorchCheckpoint, "is no PyTorch checkpoint",
      advice: "name a file that torch.save wrote")
  }
}
