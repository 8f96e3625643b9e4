import DBNCheckpointFormats
import DBNTensors
import DBNZip

/// A file that was recognised as one of PyTorch's, and the directory of the archive where the format
/// can't be told without it.
public struct TorchFile {
  /// The formats that PyTorch has had.
  enum Kind {
    /// A zip archive of `torch.save`: PyTorch 1.6 and later.
    case zip
    /// A zip archive of `torch.export.save`, with the model's operations beside its weights.
    case exportedProgram
    /// Stacked pickles: 0.1.10 to 1.5, and later with `_use_new_zipfile_serialization=False`.
    case legacy
    /// A tar archive: up to 0.1.9.
    case tar
  }

  let kind: Kind
  let bytes: ByteRegion
  private var directory: Result<ZipArchive, CheckpointError>?

  /// What the file begins as; nil if it is none of PyTorch's.
  init?(_ file: ByteRegion) {
    bytes = file
    if ZipArchive.recognises(file) {
      // The first record tells those of `torch.save`, so that their directory is read once it is
      // clear how long it is needed.
      let isSaved = ZipArchive.firstName(file)?.hasSuffix(TorchRecord.pickle) == true
      let zip = isSaved ? nil : Self.directory(of: file)
      directory = zip
      let isProgram = (try? zip?.get()).map { ExportedProgramFile.recognises($0) } ?? false
      kind = isProgram ? .exportedProgram : .zip
    } else if LegacyFile.recognises(file) {
      kind = .legacy
    } else if TarArchive.recognises(file) {
      kind = .tar
    } else {
      return nil
    }
  }

  /// Nil for a file of another kind.
  init?(_ kind: Kind, probing file: SourceFile) {
    // One for all formats of this module.
    guard let known = file.parsed({ TorchFile($0) }), known.kind == kind else { return nil }
    self = known
  }

  private static func directory(of file: ByteRegion) -> Result<ZipArchive, CheckpointError> {
    do throws(CheckpointError) {
      return .success(try ZipArchive(file))
    } catch {
      return .failure(error)
    }
  }

  /// The archive, which is the caller's alone: its directory is to go before the tree is made, of
  /// which a checkpoint can have very much.
  consuming func archive() throws(CheckpointError) -> ZipArchive {
    try (directory ?? Self.directory(of: bytes)).get()
  }
}
