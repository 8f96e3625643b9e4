import DBNBatchNorm
import DBNCheckpointFormats
import DBNCheckpoints
import DBNComparison
import DBNConversions
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// Checkpoints made at random survive every pair of formats, and every layout and back.
///
/// A run has a new seed, which it prints; `make random-checkpoints COUNT=10000 SEED=...` has more, or
/// the same again.
struct RandomCheckpointTests {
  private static let count = Int(variable("DBN_RANDOM_CHECKPOINTS") ?? "") ?? 25
  private static let seed: UInt64 = {
    let seed = UInt64(variable("DBN_RANDOM_SEED") ?? "") ?? UInt64.random(in: 0..<1 << 48)
    print("RandomCheckpointTests: \(count) checkpoints with the seed \(seed)")
    return seed
  }()

  private static func variable(_ name: String) -> String? {
    ProcessInfo.processInfo.environment[name]
  }

  private static let formats = FormatRegistry.formatsOfTrees

  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test func everyPairOfFormatsKeepsThem() throws {
    for number in 0..<Self.count {
      let seed = Self.seed &+ UInt64(number)
      var random = RandomCheckpoint(seed: seed)
      let original = try random.checkpoint()
      for first in Self.formats {
        let (one, lost) = try written(original, as: first)
        try expectSame(original, one, but: lost, "seed \(seed), \(first)")
        for second in Self.formats {
          let (two, more) = try written(one, as: second)
          try expectSame(original, two, but: lost + more, "seed \(seed), \(first) to \(second)")
        }
      }
    }
  }

  /// The layout's file is written and read in between. With one device, `split` is the standard
  /// layout.
  @Test func everyLayoutAndBackKeepsThem() throws {
    for number in 0..<Self.count {
      let seed = Self.seed &+ UInt64(number)
      var random = RandomCheckpoint(seed: seed)
      let original = Checkpoint(root: .dictionary(try random.stateDict()))
      let worldSize = Int.random(in: 2...5, using: &random.generator)
      for layout in BatchNormLayout.all {
        let hasDevices = layout.buffers == .rows || layout == .firstDevice
        let size = hasDevices ? worldSize : nil
        let there = try Conversion(original, from: "there", format: "").converting(
          to: layout, worldSize: size)
        let format = Self.formats[number % Self.formats.count]
        let (read, lost) = try written(there.checkpoint, as: format)
        let back = try Conversion(read, from: "back", format: format).toStandard(
          reading: BatchNormSurvey.Hint(layout, worldSize: size))
        let losses = lost + (there.report.losses + back.report.losses).map(\.name)
        try expectSame(
          original, back.checkpoint, but: losses, "seed \(seed), \(layout), \(format)")
      }
    }
  }

  /// What was read again, and the names of what the format could not hold.
  private func written(
    _ checkpoint: Checkpoint, as name: String
  ) throws -> (Checkpoint, lost: [String]) {
    let format = try #require(FormatRegistry.standard.named(name))
    let path = folder.file("\(UUID().uuidString).\(format.extensions[0])")
    let lost = try checkpoint.write(
      to: path, as: format, options: WritingOptions(allowsLosses: true))
    defer { unlink(path) }
    let options = ReadingOptions(refusesUnknownClasses: false, acceptsParts: true)
    // A path is written with its slashes and percent signs escaped.
    return (
      try Checkpoint.open(path, options: options),
      lost.flatMap { [$0.name, $0.name.removingPercentEncoding ?? $0.name] }
    )
  }

  private func expectSame(
    _ original: Checkpoint, _ result: Checkpoint, but lost: [String], _ what: String
  ) throws {
    let difference = try CheckpointDifference(original, entry: nil, result, entry: nil)
    let changed = difference.onlyInA + difference.onlyInB + difference.different.map(\.name)
    // A layout that has no place for a counter names the BatchNorm.
    let unexpected = Set(changed).subtracting(lost).filter { name in
      !lost.contains { name == "\($0).num_batches_tracked" }
    }
    #expect(
      unexpected.isEmpty,
      "\(what): \(difference.different) \(difference.onlyInA) \(difference.onlyInB), reported as lost: \(lost)"
    )
  }
}
