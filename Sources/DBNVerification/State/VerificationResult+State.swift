import DBNComparison
import DBNTensors

/// The comparison of stored values, in addition to outputs.
///
/// One batch does not show every difference: rounding hides a unit in the last place of a float64,
/// evaluation uses no counter, and a tensor outside the layers that were run has no effect. So all
/// stored values are always compared: to the bit, or within the tolerance if one is given.
extension VerificationResult {
  /// Compares two state dicts, BatchNorm by BatchNorm and then every other value.
  mutating func compareState(
    _ a: StateDict, _ b: StateDict, _ pairs: [BatchNormPair],
    tolerance: NumberComparison.Tolerance
  ) throws(CheckpointError) {
    for pair in pairs { try compareState(of: pair, tolerance) }
    try compareOthers(a, b, except: Set(pairs.flatMap(\.keys)), tolerance)
  }

  private mutating func compareState(
    of pair: BatchNormPair, _ tolerance: NumberComparison.Tolerance
  ) throws(CheckpointError) {
    let index =
      layers.firstIndex { $0.module?.isIdentical(to: pair.name) == true } ?? layers.endIndex
    if index == layers.endIndex { layers.append(Layer(pair)) }
    var comparison = BatchNormStateComparison(pair, layers[index], tolerance: tolerance)
    try comparison.run()
    layers[index] = comparison.layer
    otherDifferences += comparison.differences
    stateIsBitIdentical = stateIsBitIdentical && comparison.isBitIdentical
    impliedTensors += comparison.implied
    if let settings = pair.settings { add(settings, of: pair.name) }
  }

  /// Adds a difference of settings. They are not measured numbers, so the tolerance does not apply.
  private mutating func add(_ difference: BatchNormSettingsPair.Difference, of name: String) {
    if difference.isContradiction {
      otherDifferences.append(.init(name, "\(difference.a) and \(difference.b)"))
    } else {
      oneSidedSettings.append(name)
    }
  }

  /// Compares the values outside the BatchNorms, including nested ones.
  private mutating func compareOthers(
    _ a: StateDict, _ b: StateDict, except inBatchNorms: Set<CheckpointDictionary.Key>,
    _ tolerance: NumberComparison.Tolerance
  ) throws(CheckpointError) {
    let (entriesA, entriesB) = (a.dictionary.entries, b.dictionary.entries)
    for entry in entriesA where !inBatchNorms.contains(entry.key) {
      let name = entry.key.description
      guard let other = b.dictionary[entry.key] else {
        countTensors(in: entry.value)
        differentTensors.append(.init(name, "only in the first"))
        continue
      }
      var comparison = StoredValueComparison(tolerance)
      do throws(CheckpointError) {
        try comparison.compare(entry.value, other, at: EntryPath([entry.key]))
      } catch {
        throw error.with(name: name)
      }
      add(comparison)
    }
    for entry in entriesB
    where !inBatchNorms.contains(entry.key) && !a.dictionary.contains(entry.key) {
      countTensors(in: entry.value)
      differentTensors.append(.init(entry.key.description, "only in the second"))
    }
  }

  private mutating func add(_ comparison: StoredValueComparison) {
    otherTensors += comparison.tensors
    otherMaxAbsolute = max(otherMaxAbsolute, comparison.maxAbsolute)
    differentTensors += comparison.differences
    stateIsBitIdentical = stateIsBitIdentical && comparison.isBitIdentical
  }

  private mutating func countTensors(in value: CheckpointValue) {
    value.forEachLeaf { if $1.tensor != nil { otherTensors += 1 } }
  }
}
