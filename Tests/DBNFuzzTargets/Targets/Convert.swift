import DBNBatchNorm
import DBNCheckpoints
import DBNComparison
import DBNConversions
import DBNTensors
import DBNTestSupport
import Foundation

extension FuzzTarget {
  /// The whole way: read any file, write it in a format, read that, and nothing but the reported
  /// losses is gone; then the same for the BatchNorms of two devices and back.
  ///
  /// The format depends on the bytes, so that all formats get their turn.
  static let convert = FuzzTarget("convert") { bytes in
    let path = try FuzzFolder.shared.write(bytes.array, to: "convert")
    var original = try Checkpoint.open(path, options: ReadingOptions(acceptsParts: true))
    // The classes of a whole model are listed, and no format has them.
    original.modules = []
    guard original.tensorByteCount <= byteLimit else { return }
    // What can't be read can't be written.
    try original.readTensors()
    let formats = FormatRegistry.standard.formats.filter { $0.isWritable && $0.name != "npz" }
    let format = formats[Int(bytes.withBytes { CRC32.of($0) }) % formats.count]
    try expectSame(original, original, through: format)
    if let mapped = mappedAndBack(original) { try expectSame(original, mapped, through: format) }
  }

  /// The BatchNorms of two devices, and those of one device again; nil where that loses something, or
  /// where they had other names.
  private static func mappedAndBack(_ original: Checkpoint) -> Checkpoint? {
    guard let stateDict = try? original.findStateDict().stateDict,
      BatchNormSurvey(stateDict).sites.allSatisfy({
        $0.layout == .standard && stateDict[$0.key("running_mean")] != nil
      })
    else { return nil }
    let there = try? Conversion(original, from: "there", format: "").toDistributed(worldSize: 2)
    guard let there, there.report.skipped.isEmpty, there.report.losses.isEmpty,
      let back = try? Conversion(there.checkpoint, from: "back", format: "").toStandard(
        reading: BatchNormSurvey.Hint(.replicated, worldSize: 2)),
      back.report.skipped.isEmpty, back.report.losses.isEmpty
    else { return nil }
    return back.checkpoint
  }

  /// Writes and reads `checkpoint`, and compares it with the original.
  private static func expectSame(
    _ original: Checkpoint, _ checkpoint: Checkpoint, through format: any CheckpointFormat
  ) throws {
    let path = FuzzFolder.shared.file("out.\(format.extensions[0])")
    let lost = try checkpoint.write(
      to: path, as: format, options: WritingOptions(existing: .replace, allowsLosses: true))
    let copy = try readAgain(path, format.name)
    // A path is written with its slashes and percent signs escaped.
    let names = Set(lost.flatMap { [$0.name, $0.name.removingPercentEncoding ?? ""] })
    let difference = try CheckpointDifference(original, entry: nil, copy, entry: nil)
    let changed = difference.onlyInA + difference.onlyInB + difference.different.map(\.name)
    // A BatchNorm without a counter gets one when it is mapped, and an unusual one its usual shape.
    let isExpected = { (name: String) in
      names.contains(name) || name.hasSuffix("num_batches_tracked")
    }
    guard changed.allSatisfy(isExpected) else {
      throw Finding("\(format.name): \(difference), reported as lost: \(names)")
    }
    guard changed.isEmpty else { return }
    guard try Expectation.tree(original.root) == Expectation.tree(copy.root) else {
      throw Finding("\(format.name): the trees differ")
    }
  }

  private static func readAgain(_ path: String, _ format: String) throws -> Checkpoint {
    var options = ReadingOptions(acceptsParts: true)
    // The values cost as much as those that were read, from what may be a larger file.
    options.limitFactor = 1 << 20
    do {
      return try Checkpoint.open(path, options: options)
    } catch {
      throw Finding("what was written as \(format) can't be read: \(error)")
    }
  }
}
