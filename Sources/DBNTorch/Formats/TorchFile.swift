import DBNCheckpointFormats
import DBNTensors
import DBNZip

/// A file that was recognised as one of PyTorch's, with the archive's directory if recognising the
/// format required it.
public struct TorchFile {
  /// The formats that PyTorch has had.
  enum Kind {
    /// A zip archive from `torch.save`: PyTorch 1.6 and later.
    case zip
    /// A zip archive from `torch.export.save`, with the model's operations beside its weights.
    case exportedProgram
    /// Stacked pickles: 0.1.10 to 1.5, and later with `_use_new_zipfile_serialization=False`.
    case legacy
    /// A tar archive: up to 0.1.9.
    case tar
  }

  let kind: Kind
  let bytes: ByteRegion
  private var directory: Result<ZipArchive, CheckpointError>?

  /// Recognises the format by the start of the file; nil if it is none of PyTorch's.
  init?(_ file: ByteRegion) {
    bytes = file
    if ZipArchive.recognises(file) {
      // Files from `torch.save` are recognised by the first record. Their directory is read later,
      // where its lifetime is limited.
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

  /// Returns nil for a file of another kind.
  init?(_ kind: Kind, probing file: SourceFile) {
    // The file is parsed once for all formats of this module.
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

  /// Moves the archive to the caller: its directory, which can be large, must be freed before the
  /// tree is made.
  ///
  /// - Parameter salvages: whether an archive without a usable directory is read from its start.
  consuming func archive(salvages: Bool = false) throws(CheckpointError) -> ZipArchive {
    do throws(CheckpointError) {
      return try (directory ?? Self.directory(of: bytes)).get()
    } catch  where salvages {
      return try ZipArchive(salvaging: bytes)
    }
  }
}
