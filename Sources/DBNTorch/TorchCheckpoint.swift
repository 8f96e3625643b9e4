package import DBNTensors

/// Checkpoints from `torch.save`, in all formats that it has had, and programs from
/// `torch.export.save`.
///
/// The pickle inside is interpreted, and nothing in it is executed. Tensors are backed by the file:
/// their bytes are read, and verified with the archive's checksums, when they are used.
package enum TorchCheckpoint {
  /// Whether the start of the file shows that PyTorch wrote it, in any of these formats.
  package static func recognises(_ file: ByteRegion) -> Bool {
    TorchFile(file) != nil
  }

  /// Reads a checkpoint.
  ///
  /// - Throws: a `CheckpointError` that names the key, the global or the record that is wrong.
  package static func read(
    _ file: ByteRegion, options: ReadingOptions = ReadingOptions()
  ) throws(CheckpointError) -> Checkpoint {
    guard let torch = TorchFile(file) else { throw refusal(of: file) }
    return try read(torch, options: options)
  }

  static func read(
    _ torch: consuming TorchFile, options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    do throws(CheckpointError) {
      let file = torch.bytes
      switch torch.kind {
      case .zip:
        let archive = try (consume torch).archive(salvages: options.salvages)
        if ProgramArchive.beginsProgram(archive) {
          return try ExportedProgramFile.salvage(file, archive, options)
        }
        return try read(TorchArchive(file, archive, salvages: options.salvages), options)
      case .exportedProgram:
        return try ExportedProgramFile.read(file, (consume torch).archive(), options)
      case .legacy: return try read(LegacyFile(file, options), options)
      case .tar:
        let tar = try TarCheckpoint(file)
        return try read(tar.pickle, tar, name: "pickle", options)
      }
    } catch {
      var error = error
      error.advice = error.advice ?? "the file is damaged or malicious; get it again"
      throw error
    }
  }

  /// Reads a plain pickle, which refers to no storages.
  static func read(
    _ pickle: PlainPickle, options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    do throws(CheckpointError) {
      return try read(pickle.bytes, NoStorages(), name: nil, options)
    } catch {
      var error = error
      error.advice = error.advice ?? "the file is damaged or malicious; get it again"
      throw error
    }
  }

  private static func read(
    _ archive: consuming TorchArchive, _ options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    let (pickle, name) = (archive.pickle, archive.pickleName)
    let (history, graph, settings) = (archive.history, archive.graph, archive.batchNormSettings)
    let script = archive.script
    let constants = try constants(of: archive, options)
    var checkpoint = try read(pickle, consume archive, name: name, options, script)
    if !constants.isEmpty { checkpoint.add(constants) }
    checkpoint.history = history
    checkpoint.graph = graph
    checkpoint.batchNormSettings = settings.filled(from: checkpoint.batchNormSettings)
    return checkpoint
  }

  /// The tensors among the constants of a TorchScript program, by the names that its code has for
  /// them: `c0`, `c1`.
  private static func constants(
    of archive: TorchArchive, _ options: ReadingOptions
  ) throws(CheckpointError) -> [(name: String, value: CheckpointValue)] {
    guard let pickle = archive.constants else { return [] }
    let values = try read(pickle, archive.ofConstants, name: TorchRecord.constants, options).root
    return (values.elements ?? []).enumerated().filter { $0.element.tensor != nil }
      .map { ("c\($0.offset)", $0.element) }
  }

  private static func read(
    _ file: consuming LegacyFile, _ options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    let (pickle, trailingByteCount) = (file.pickle, file.trailingByteCount)
    var checkpoint = try read(pickle, consume file, name: nil, options)
    if trailingByteCount > 0 {
      checkpoint.notes.append("\(trailingByteCount) bytes after the checkpoint are not read")
    }
    return checkpoint
  }

  private static func read(
    _ pickle: ByteRegion, _ source: consuming any StorageSource, name: String?,
    _ options: ReadingOptions, _ script: ScriptClasses? = nil
  ) throws(CheckpointError) -> Checkpoint {
    do throws(CheckpointError) {
      var (root, tree) = try interpret(pickle, consume source, options, script)
      var checkpoint = Checkpoint(root: try tree.convert(root), notes: tree.notes)
      checkpoint.modules = tree.modules.descriptions
      checkpoint.batchNormSettings = tree.modules.settings
      return checkpoint
    } catch {
      throw error.with(name: name)
    }
  }

  /// Runs the pickle. The archive's directory and the tables of storages and views, which can be
  /// large, are freed when this returns.
  private static func interpret(
    _ pickle: ByteRegion, _ source: consuming any StorageSource, _ options: ReadingOptions,
    _ script: ScriptClasses?
  ) throws(CheckpointError) -> (root: PickleValue, tree: CheckpointTree) {
    var machine = PickleMachine(
      pickle, tensors: TensorBuilder(consume source), opaqueNames: OpaqueNames(options))
    let root = try machine.run()
    let tree = CheckpointTree(
      machine.heap, machine.tensors, script: script, budget: Budget.current(for: pickle))
    return (root, tree)
  }

  private static func refusal(of file: ByteRegion) -> CheckpointError {
    if file.count == 0 {
      return CheckpointError(
        .notATorchCheckpoint, "is empty", advice: "the file is incomplete; get it again")
    }
    return CheckpointError(
      .notATorchCheckpoint, "is not a PyTorch checkpoint",
      advice: "give a file that torch.save wrote")
  }
}
