public import DBNBatchNorm
public import DBNComparison
public import DBNTensors

/// The promise of a lossy conversion, which is checked on the written file: merged statistics are
/// the rule's, computed in Float64 and rounded once; every cast number is the nearest one; and
/// everything else has the same bits.
///
/// The check uses its own arithmetic instead of converting again.
public struct ConversionPromise: Sendable {
  /// The conversion of the BatchNorms, if there was one.
  public var conversion: BatchNormConversion?
  /// The type that floating-point tensors were rounded to.
  public var cast: ScalarType?
  /// Tensors that must not be rounded.
  public var uncast: Set<CheckpointDictionary.Key> = []

  /// Makes the promise of a conversion, a cast, or both.
  public init(_ conversion: BatchNormConversion? = nil, cast: ScalarType? = nil) {
    self.conversion = conversion
    self.cast = cast
  }

  /// The result of checking a promise.
  public struct Result: Sendable {
    /// How many BatchNorms have the statistics that the rule gives.
    public internal(set) var merged = 0
    /// How many tensors have the nearest numbers of the other type.
    public internal(set) var cast = 0
    /// How far the numbers of the cast tensors are from the originals: a is written, b the source.
    public internal(set) var rounding = NumberComparison([], [], ulpsOf: .float32)
    /// How many other tensors have the same bits.
    public internal(set) var kept = 0
    /// What is not as promised.
    public var broken: [ConversionReport.Item] = []

    /// Whether every number is as promised.
    public var isKept: Bool { broken.isEmpty }
  }

  /// Checks a written state dict against the one that was converted.
  ///
  /// - Parameter source: the original state dict, already with the result's names and axes.
  public func check(
    _ source: StateDict, _ written: StateDict
  ) throws(CheckpointError) -> Result {
    var result = Result()
    let keys = try checkBatchNorms(source, written, &result)
    for entry in source.dictionary.entries where !keys.contains(entry.key) {
      guard let other = written.dictionary[entry.key] else {
        result.broken.append(.init("\(entry.key)", "it is missing"))
        continue
      }
      do throws(CheckpointError) {
        try check(entry.key, entry.value, other, &result)
      } catch {
        throw error.with(name: "\(entry.key)")
      }
    }
    for entry in written.dictionary.entries
    where !keys.contains(entry.key) && !source.dictionary.contains(entry.key) {
      result.broken.append(.init("\(entry.key)", "it was not in the source"))
    }
    return result
  }

  private func check(
    _ key: CheckpointDictionary.Key, _ source: CheckpointValue, _ written: CheckpointValue,
    _ result: inout Result
  ) throws(CheckpointError) {
    if let cast, let tensor = source.tensor, let other = written.tensor,
      tensor.scalarType.isFloatingPoint, tensor.scalarType != cast, !uncast.contains(key)
    {
      guard other.scalarType == cast, other.shape == tensor.shape else {
        return result.broken.append(
          .init("\(key)", "it is \(other.scalarType.name) \(other.shape)"))
      }
      if let wrong = try tensor.firstWrongRounding(in: other, adding: &result.rounding) {
        return result.broken.append(.init("\(key)", wrong))
      }
      result.cast += 1
      return
    }
    var comparison = StoredValueComparison(NumberComparison.Tolerance())
    try comparison.compare(source, written, at: EntryPath([key]))
    result.kept += comparison.differences.isEmpty ? comparison.tensors : 0
    result.broken += comparison.differences
  }

  /// - Returns: the keys of the converted BatchNorms, in either state dict.
  private func checkBatchNorms(
    _ source: StateDict, _ written: StateDict, _ result: inout Result
  ) throws(CheckpointError) -> Set<CheckpointDictionary.Key> {
    guard let conversion else { return [] }
    let (before, after) = (conversion.known.before, conversion.known.after)
    let sites = BatchNormSurvey(source, known: before).sites.filter { before[$0.name] != nil }
    let found = BatchNormSurvey(written, known: after).sites.map { ($0.name, $0) }
    let sitesAfter = Dictionary(found, uniquingKeysWith: { first, _ in first })
    var keys = Set<CheckpointDictionary.Key>()
    for site in sites {
      guard let from = before[site.name], let to = after[site.name],
        let new = sitesAfter[site.name], new.layout == to.layout
      else {
        result.broken.append(.init(site.name, "it is not a BatchNorm of the new layout"))
        continue
      }
      keys.formUnion((site.keys + new.keys).map { .string($0) })
      for key in Set(site.keys).subtracting(new.keys).sorted()
      where written.dictionary.contains(.string(key)) {
        result.broken.append(.init(key, "it is still there, but not in the new layout"))
      }
      let promised = PromisedStatistics(
        try BatchNormState(site, in: source), from: from, to: to, merging: conversion.rule)
      let wrong = try promised.check(new, in: written, source: site, source)
      result.broken += wrong
      if wrong.isEmpty { result.merged += 1 }
    }
    return keys
  }
}

extension Tensor {
  /// A description of the first number in the other tensor that is not the nearest to this one's.
  ///
  /// - Parameter comparison: is joined with the comparison of the other tensor with this one.
  fileprivate func firstWrongRounding(
    in other: Tensor, adding comparison: inout NumberComparison
  ) throws(CheckpointError) -> String? {
    var wrong: String?
    try forEachPiece(with: other) { start, mine, theirs in
      guard wrong == nil else { return }
      comparison.formUnion(NumberComparison(theirs, mine, ulpsOf: scalarType))
      let index = mine.indices.first { !other.scalarType.rounds(mine[$0], to: theirs[$0]) }
      wrong = index.map {
        "element \(start + $0) is \(theirs[$0]), which is not the nearest "
          + "\(other.scalarType.name) to \(mine[$0])"
      }
    }
    return wrong
  }
}
