public import Tensors

/// Checkpoints of `torch.save`, in all formats that it has had, and programs of `torch.export.save`.
///
/// The pickle inside is interpreted without executing anything of it. Tensors borrow the file's
/// bytes: they are read, and checked against the archive's checksums, when they are used.
public enum TorchCheckpoint {
  /// Whether the file begins as one that PyTorch wrote, in any of these formats.
  public static func recognises(_ file: ByteRegion) -> Bool {
    TorchFormat(of: file) != nil
  }

  /// Reads a checkpoint.
  ///
  /// - Throws: a `CheckpointError` that names the key, global or record at fault.
  public static func read(
    _ file: ByteRegion, options: ReadingOptions = ReadingOptions()
  ) throws(CheckpointError) -> Checkpoint {
    do throws(CheckpointError) {
      switch TorchFormat(of: file) {
      case .zip: return try read(TorchArchive(file), options)
      case .exportedProgram: return try ExportedProgramFile.read(file, options)
      case .legacy: return try read(LegacyFile(file, options), options)
      case .tar:
        let tar = try TarCheckpoint(file)
        return try read(tar.pickle, tar, name: "pickle", options)
      case nil: throw refusal(of: file)
      }
    } catch {
      var error = error
      error.advice = error.advice ?? "the file is damaged or made to deceive; get it again"
      throw error
    }
  }

  private static func read(
    _ archive: TorchArchive, _ options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    var checkpoint = try read(archive.pickle, archive, name: archive.pickleName, options)
    checkpoint.history = archive.history
    checkpoint.graph = archive.graph
    return checkpoint
  }

  private static func read(
    _ file: LegacyFile, _ options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    var checkpoint = try read(file.pickle, file, name: nil, options)
    if file.trailingByteCount > 0 {
      checkpoint.notes.append(
        "\(file.trailingByteCount) bytes behind the checkpoint are not read")
    }
    return checkpoint
  }

  private static func read(
    _ pickle: ByteRegion, _ source: any StorageSource, name: String?, _ options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    do throws(CheckpointError) {
      var machine = PickleMachine(
        pickle, tensors: TensorBuilder(source), opaqueNames: OpaqueNames(options))
      let value = try machine.run()
      var tree = CheckpointTree(machine.heap, machine.tensors)
      return Checkpoint(root: try tree.convert(value), notes: tree.notes)
    } catch {
      throw error.with(name: name)
    }
  }

  private static func refusal(of file: ByteRegion) -> CheckpointError {
    if file.count == 0 {
      return CheckpointError(
        .notATorchCheckpoint, "is empty", advice: "the file is incomplete; get it again")
    }
    return CheckpointError(
      .notATorchCheckpoint, "is no PyTorch checkpoint",
      advice: "name a file that torch.save wrote")
  }
}
