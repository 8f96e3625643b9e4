import DBNBatchNorm
import DBNTensors
import DBNVerification

/// What a written file is compared with.
struct ProofBasis {
  /// Finds the basis, once a proof is asked for.
  typealias Maker = @Sendable () throws(CheckpointError) -> ProofBasis

  typealias Known = (
    before: [String: BatchNormSurvey.Hint], after: [String: BatchNormSurvey.Hint]
  )

  /// The state dict that was converted, under the names that the result has.
  let stateDict: StateDict
  /// Where its result is in the written file.
  let entry: EntryPath
  /// What the written file is to say of epsilon and momentum.
  let settings: BatchNormSettingsTable
  /// Which layouts the BatchNorms were and are in, where a mapping knows it; nil: the tensors tell.
  let known: Known?
  /// What a conversion that loses something promised to write; nil: it loses nothing.
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

  /// For conversions that mean to change the outputs: that the file holds what was to be written.
  static func whatIsWritten(
    _ stateDict: StateDict, at entry: EntryPath, settings: BatchNormSettingsTable
  ) -> Maker {
    { () throws(CheckpointError) in ProofBasis(stateDict, writtenAt: entry, settings: settings) }
  }
}
