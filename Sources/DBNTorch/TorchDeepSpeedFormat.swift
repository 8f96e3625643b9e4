public import DBNCheckpointFormats
public import DBNTensors

/// Folders that DeepSpeed saves with ZeRO stages 1 to 3: the weights in float32 are in the ranks'
/// optimizer files.
public struct TorchDeepSpeedFormat: CheckpointFormat {
  /// `torch-deepspeed` in reports and JSON.
  public let name = "torch-deepspeed"

  /// Makes the format, for a registry.
  public init() {}

  /// Recognises a folder by the names of its files.
  public func probe(_ file: SourceFile) -> SourceFile? {
    file.isFolder && DeepSpeedFolder(file.folder) != nil ? file : nil
  }

  /// Reads the float32 weights, as DeepSpeed's `zero_to_fp32.py` gives them, and the buffers.
  ///
  /// - Throws: `deepSpeed`, with the file or the name of the weight; errors of `torch-zip` files.
  public func read(
    _ file: consuming SourceFile, options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    guard let files = DeepSpeedFolder(file.folder) else {
      throw CheckpointError(.deepSpeed, "the folder has no files of DeepSpeed")
    }
    return try DeepSpeedCheckpoint.read(files, options: options)
  }

  /// The folder itself, or the one that its file `latest` names.
  public func entryPoint(in folder: SourceFolder) throws(CheckpointError) -> SourceFile? {
    DeepSpeedFolder.find(in: folder).map { SourceFile($0.folder) }
  }

  /// The ranks' files.
  public func companions(of path: String) -> [String] {
    guard path.hasSuffix("/") else { return [] }
    return DeepSpeedFolder(SourceFolder(String(path.dropLast())))?.paths ?? []
  }
}
