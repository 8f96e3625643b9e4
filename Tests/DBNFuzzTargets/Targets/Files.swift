import DBNCheckpoints
import DBNComparison
import DBNConversions
import DBNModels
import DBNTestSupport

extension FuzzTarget {
  /// A file of any kind, as the commands that examine one read it: `info`, `check`, `run`, `salvage`.
  static let files = FuzzTarget("files") { bytes in
    let path = try FuzzFolder.shared.write(bytes.array, to: "files")
    // Salvage reads every tensor once more: a quarter of the inputs is enough.
    if bytes.count % 4 == 0 { _ = try? Conversion.salvaging(path) }
    _ = Checkpoint.pickledNames(at: path)
    let checkpoint = try Checkpoint.open(path)
    _ = try? checkpoint.model()
    guard checkpoint.tensorByteCount <= byteLimit else { return }
    _ = try CheckpointInspection(checkpoint)
    _ = try IntegrityCheck(checkpoint)
  }
}
