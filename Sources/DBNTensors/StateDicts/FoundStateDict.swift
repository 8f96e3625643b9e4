/// A state dict in a checkpoint: its entry and how much it holds.
public struct FoundStateDict: Sendable, Hashable {
  /// Where it is in the checkpoint.
  public let entry: EntryPath
  /// The number of its keys that name a running mean. This is the number of BatchNorms if each has
  /// one; `BatchNormSurvey` determines the actual BatchNorms.
  public let batchNormCount: Int
  /// The number of tensors directly in it.
  public let tensorCount: Int
}

extension FoundStateDict {
  /// Whether the last component of a key is PyTorch's (`running_mean`) or Keras' (`moving_mean`,
  /// `moving_mean:0`) name of a running mean.
  static func namesRunningMean(_ key: String) -> Bool {
    runningMeanNames.contains { name in
      let bytes = key.utf8
      guard bytes.count >= name.utf8.count, bytes.suffix(name.utf8.count).elementsEqual(name.utf8)
      else { return false }
      let before = bytes.dropLast(name.utf8.count).last
      return before == nil || before == UInt8(ascii: ".") || before == UInt8(ascii: "/")
    }
  }

  private static let runningMeanNames = BatchNormQuantity.runningMean.namesInFiles
}
