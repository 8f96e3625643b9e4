import DBNTensors
import DBNZip

/// A `.pt2` file as a checkpoint: the state dict, other constants that the operations use, and the
/// operations as PyTorch wrote them, which the module DBNModels converts to a graph.
enum ExportedProgramFile {
  /// Whether an archive is a program, from PyTorch 2.8 and later or from an older version.
  static func recognises(_ zip: ZipArchive) -> Bool {
    ProgramArchive.recognises(zip) || zip[OldNames.graph] != nil
  }

  static func read(
    _ file: ByteRegion, _ zip: ZipArchive, _ options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    if let graph = zip[OldNames.graph] { return try readOld(zip, graph, options) }
    let archive = try ProgramArchive(file, zip)
    guard let graph = archive.graph else {
      throw CheckpointError(.torchRecordMissing, "the model's operations are not in the archive")
    }
    guard archive.weights.config != nil || archive.weights.checkpoint != nil else {
      throw CheckpointError(
        .torchRecordMissing, "the list of the model's weights is not in the archive")
    }
    let stateDict = try tensors(archive.weights, of: archive, options)
    let constants = try tensors(archive.constants, of: archive, options)
    return checkpoint(
      stateDict, constants, try graph.wholeText(), besides: archive.otherRecords)
  }

  /// The weights of a program whose file lacks its end: they come first, then the list of their
  /// names, and then the operations.
  static func salvage(
    _ file: ByteRegion, _ zip: ZipArchive, _ options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    let archive = try ProgramArchive(file, zip)
    let stateDict = try tensors(archive.weights, of: archive, options)
    let constants = try tensors(archive.constants, of: archive, options)
    var result = checkpoint(
      stateDict, constants, try archive.graph?.wholeText(), besides: archive.otherRecords)
    result.graphIsLost = result.graph == nil
    return result
  }

  private static func tensors(
    _ tensors: ProgramArchive.Tensors, of archive: ProgramArchive, _ options: ReadingOptions
  ) throws(CheckpointError) -> CheckpointDictionary {
    guard let config = tensors.config else { return try self.tensors(tensors.checkpoint, options) }
    do throws(CheckpointError) {
      var reader = ProgramTensors(archive, folder: tensors.folder)
      return try reader.read(JSON(parsing: config.content()))
    } catch {
      throw error.with(name: config.name)
    }
  }

  /// The checkpoint's tree. With constants, the state dict and the constants each have an entry.
  /// Without, the state dict is the whole checkpoint, as from `torch.save(model.state_dict())`.
  private static func checkpoint(
    _ stateDict: CheckpointDictionary, _ constants: CheckpointDictionary, _ graph: String?,
    besides records: [String]
  ) -> Checkpoint {
    var root = CheckpointDictionary()
    root.set(.string("state_dict"), to: .dictionary(stateDict))
    root.set(.string(Checkpoint.constantsName), to: .dictionary(constants))
    var checkpoint = Checkpoint(
      root: .dictionary(constants.entries.isEmpty ? stateDict : root), graph: graph)
    if !records.isEmpty {
      let names = records.prefix(3).map { $0.visible() }.joined(separator: ", ")
      checkpoint.notes.append(
        "\(records.count == 1 ? "a record" : "\(records.count) records") outside the model "
          + "\(records.count == 1 ? "is" : "are") not read: \(names)")
    }
    return checkpoint
  }
}

/// Files up to PyTorch 2.7: four records, of which three are checkpoints from `torch.save`.
extension ExportedProgramFile {
  private enum OldNames {
    static let graph = "serialized_exported_program.json"
    static let stateDict = "serialized_state_dict.pt"
    static let constants = "serialized_constants.pt"
    static let inputs = "serialized_example_inputs.pt"
  }

  private static func readOld(
    _ zip: ZipArchive, _ graph: ZipEntry, _ options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    let stateDict = try tensors(zip[OldNames.stateDict], options)
    let constants = try tensors(zip[OldNames.constants], options)
    let known = [
      OldNames.graph, OldNames.stateDict, OldNames.constants, OldNames.inputs, TorchRecord.version,
    ]
    let others = zip.entries.map(\.name).filter { !known.contains($0) }
    return checkpoint(stateDict, constants, try graph.wholeText(), besides: others)
  }

  private static func tensors(
    _ entry: ZipEntry?, _ options: ReadingOptions
  ) throws(CheckpointError) -> CheckpointDictionary {
    // A model without such tensors has an empty record.
    guard let entry, entry.size > 0 else { return CheckpointDictionary(.orderedDict) }
    do throws(CheckpointError) {
      let checkpoint = try TorchCheckpoint.read(entry.content(), options: options)
      guard let dictionary = checkpoint.root.dictionary else {
        throw CheckpointError(
          .torchProgramRecord,
          "is \(withArticle(checkpoint.root.typeName)), not a mapping of names to tensors",
          advice: "the file is damaged; get it again")
      }
      return dictionary
    } catch {
      throw error.with(name: entry.name)
    }
  }
}
