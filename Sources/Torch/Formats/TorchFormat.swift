public import Tensors
import Zip

/// The formats that `torch.save` has had.
public enum TorchFormat: Sendable, Hashable {
  /// A zip archive: PyTorch 1.6 and later.
  case zip
  /// A zip archive of `torch.export.save`, with the model's operations beside its weights.
  case exportedProgram
  /// Stacked pickles: 0.1.10 to 1.5, and later with `_use_new_zipfile_serialization=False`.
  case legacy
  /// A tar archive: up to 0.1.9.
  case tar

  /// The format that the file begins as; nil if it is none of them.
  public init?(of file: ByteRegion) {
    if ExportedProgramFile.recognises(file) {
      self = .exportedProgram
    } else if ZipArchive.recognises(file) {
      self = .zip
    } else if LegacyFile.recognises(file) {
      self = .legacy
    } else if TarArchive.recognises(file) {
      self = .tar
    } else {
      return nil
    }
  }
}
