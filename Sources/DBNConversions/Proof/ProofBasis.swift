import DBNBatchNorm
import DBNTensors
import DBNVerification

/// The data that a written file is compared with.
struct ProofBasis {
  /// Makes the basis, when a proof is requested.
  typealias Maker = @Sendable () throws(CheckpointError) -> ProofBasis

  typealias Known = (
    before: [String: BatchNormSurvey.Hint], after: [String: BatchNormSurvey.Hint]
  )

  /// The state dict that was converted, under the names of the result.
  let stateDict: StateDict
  /// The entry of its result in the written file.
  let entry: EntryPath
  /// The epsilon and momentum that the written file must have.
  let settings: BatchNormSettingsTable
  /// The layouts of the BatchNorms before and after, if a mapping knows them; nil: inferred from
  /// the tensors.
  let known: Known?
  /// The promise of a conversion that loses something; nil if it loses nothing.
  let promise: ConversionPromise?

  init(
    _ stateDict: StateDict, writtenAt entry: EntryPath, settings: BatchNormSettingsTable,
    known: Known? = nil, promise: ConversionPromise? = nil
  ) {
    self.stateDict = stateDict
    self.entry = entry
    self.settings = settings
    self.known = known
    self.promise = promise
  }

  /// The basis without what the written file leaves out.
  ///
  /// - Parameter written: a value of it that is written all the same has lost something else, such as
  ///   being tied to another.
  func without(_ leftOut: [ConversionReport.Item], in written: StateDict) -> ProofBasis {
    guard !leftOut.isEmpty else { return self }
    let names = Set(leftOut.map(\.name))
    func isLeftOut(_ keys: [CheckpointDictionary.Key]) -> Bool {
      let path = EntryPath(entry.keys + keys)
      // Formats whose names are no paths name a value by its key.
      return names.contains(path.description)
        || path.keys.count == 1 && names.contains(path.keys[0].description)
    }
    let keys = stateDict.dictionary.entries.map(\.key)
      .filter { isLeftOut([$0]) && !written.dictionary.contains($0) }
    let rest = stateDict.removing(Set(keys))
    let kept = CheckpointValue.dictionary(rest.dictionary)
      .removingLeaves { path, _ in path.keys.count > 1 && isLeftOut(path.keys) }
    let keepsSettings = !names.contains(BatchNormSettingsTable.lossName)
    return ProofBasis(
      kept?.dictionary.flatMap { StateDict($0) } ?? rest, writtenAt: entry,
      settings: keepsSettings ? settings : BatchNormSettingsTable(), known: known,
      promise: promise)
  }

  /// A basis for conversions that intentionally change the outputs: the file must hold what was
  /// meant to be written.
  static func whatIsWritten(
    _ stateDict: StateDict, at entry: EntryPath, settings: BatchNormSettingsTable
  ) -> Maker {
    { () throws(CheckpointError) in ProofBasis(stateDict, writtenAt: entry, settings: settings) }
  }
}
