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

  /// The basis without the values that no format can hold, for a file that leaves them out.
  var withoutOpaqueValues: ProofBasis {
    let kept = CheckpointValue.dictionary(stateDict.dictionary).removingLeaves { _, value in
      if case .opaque = value { true } else { false }
    }
    return ProofBasis(
      kept?.dictionary.flatMap { StateDict($0) } ?? stateDict, writtenAt: entry,
      settings: settings, known: known, promise: promise)
  }

  /// A basis for conversions that intentionally change the outputs: the file must hold what was
  /// meant to be written.
  static func whatIsWritten(
    _ stateDict: StateDict, at entry: EntryPath, settings: BatchNormSettingsTable
  ) -> Maker {
    { () throws(CheckpointError) in ProofBasis(stateDict, writtenAt: entry, settings: settings) }
  }
}
