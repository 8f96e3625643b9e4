import DBNTensors
import DBNTorch
import DBNZip

/// What an archive that is no checkpoint itself has inside: for an error that names the checkpoints
/// among its files.
struct ArchiveContents {
  /// "zip archive", "tar archive".
  let kind: String
  private let names: [String]
  /// How to get one file out of it.
  private let extraction: String

  /// - Returns: nil for a file that is neither a zip nor a tar archive.
  init?(_ file: ByteRegion) {
    if ZipArchive.recognises(file) {
      kind = "zip archive"
      extraction = "unzip"
      names = (try? ZipArchive(file))?.entries.map(\.name) ?? []
    } else if let names = TarNames.all(in: file) {
      kind = "tar archive"
      extraction = "tar -xf"
      self.names = names
    } else {
      return nil
    }
  }

  /// The endings of files with weights that can be read.
  private static let endings = [
    ".pth", ".pt", ".ckpt", ".bin", ".safetensors", ".h5", ".hdf5", ".keras", ".npz", ".npy",
    ".pt2",
    ".pkl", ".pdparams", ".distcp", ".index.json",
  ]

  private var checkpoints: [String] {
    names.filter { name in Self.endings.contains { name.lowercased().hasSuffix($0) } }
  }

  /// NeMo's archives have a configuration and the weights.
  private var isNeMo: Bool { names.contains { $0.hasSuffix("model_config.yaml") } }

  /// Whether it is one of PyTorch before 0.1.10, whatever is wrong with it.
  var isTorch: Bool { names.contains("pickle") }

  func error(path: String) -> CheckpointError {
    let what = isNeMo ? "\(kind) of NeMo" : kind
    let found = checkpoints
    guard let first = found.first else {
      let shown = names.prefix(3).map { $0.visible() }.joined(separator: ", ")
      return CheckpointError(
        .unknownFormat, path: path,
        "is \(withArticle(what)) without a file that looks like a checkpoint"
          + (names.isEmpty ? "" : "; it has \(shown)") + (names.count > 3 ? " and others" : ""),
        advice: "give the file with the weights")
    }
    let shown = found.prefix(5).map { $0.visible() }.joined(separator: ", ")
    return CheckpointError(
      .unknownFormat, path: path,
      "is \(withArticle(what)), with \(counted(found.count, "file")) inside that may be checkpoints: \(shown)"
        + (found.count > 5 ? " and others" : ""),
      advice: "extract one with \(extraction), such as \(first.visible()), and give that file")
  }
}
