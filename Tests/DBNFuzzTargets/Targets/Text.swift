import DBNBatchNorm
import DBNConversions
import DBNTensors

extension FuzzTarget {
  /// Options that have a grammar, and documents that people write.
  static let text = FuzzTarget("text") { bytes in
    guard let text = String(validating: bytes.array, as: UTF8.self) else {
      throw CheckpointError(.invalidText, "is no text")
    }
    _ = text.visible()
    _ = EntryPath(text).description
    _ = RankPattern(text)?.path(7)
    _ = NameSelection(include: [text]).contains("layer1.0.bn1.weight")
    _ = try BatchNormLayout(parsing: JSON(parsing: text))
  }
}
