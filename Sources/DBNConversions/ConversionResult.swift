public import DBNBatchNorm
public import DBNCheckpointFormats
import DBNCheckpoints
public import DBNTensors
public import DBNVerification

/// The result of a conversion: the checkpoint to be written, its report, notes and health.
public struct ConversionResult: Sendable {
  /// The file that was converted; of several ranks' files, rank 0's.
  public let source: Conversion
  /// What is written, the record of this conversion in its history included.
  public let checkpoint: Checkpoint
  /// What was done, as the history says it, without the source and the version.
  public let record: JSON
  /// What was converted, left alone and lost.
  public let report: ConversionReport
  /// What a person should know, a sentence each: what the reader noted, other networks in the file,
  /// optimizer states that no longer fit, settings that differ from the defaults. What is wrong with
  /// the BatchNorms' numbers is in `health`.
  public let notes: [Guidance]
  /// What `recalibrated` has measured; nil after other conversions.
  public internal(set) var recalibration: Recalibration.Result?
  /// What the format of the written file could not store. Empty before the result is written.
  public private(set) var leftOut: [ConversionReport.Item] = []
  /// What the proof of the written file found; nil if none was asked for.
  public private(set) var proof: ProofResult?

  private let examined: Examined
  private let basis: ProofBasis.Maker

  /// The BatchNorms whose numbers are looked at.
  enum Examined {
    case all
    case of(StateDict)
    case mapped(BatchNormConversion, from: StateDict)
  }

  /// - Parameters:
  ///   - checkpoint: what is written, without the new record in its history.
  ///   - basis: what the written file is compared with.
  init(
    _ source: Conversion, _ checkpoint: Checkpoint, record: JSON, _ report: ConversionReport,
    notes: [Guidance], examining examined: Examined, basis: @escaping ProofBasis.Maker
  ) {
    var checkpoint = checkpoint
    checkpoint.history.append(source.historyEntry(record))
    self.source = source
    self.checkpoint = checkpoint
    self.record = record
    self.report = report
    self.notes = notes
    self.examined = examined
    self.basis = basis
  }

  /// What is wrong with the numbers of the BatchNorms. They are read each time this is asked for.
  public var health: BatchNormHealth {
    switch examined {
    case .all: BatchNormHealth(checkpoint)
    case .of(let stateDict):
      BatchNormHealth(of: BatchNormSurvey(stateDict).sites, in: stateDict)
    case .mapped(let conversion, let source): conversion.health(from: source)
    }
  }

  /// Writes the result, all or nothing: an error leaves no file, or the old one untouched.
  ///
  /// - Parameters:
  ///   - format: nil: by the path's extension.
  ///   - proof: what must hold of the finished file before it takes its name; nil: nothing.
  ///   - options: how it is written; a file that is already there is refused by default.
  /// - Returns: this result with what the format could not store, if that was allowed, and with what
  ///   the proof found.
  /// - Throws: `outputsDiffer` and `promiseBroken` where the proof fails; as `Checkpoint.write`.
  @discardableResult
  public func write(
    to path: String, as format: (any CheckpointFormat)? = nil, proof: ConversionProof? = nil,
    options: WritingOptions = WritingOptions()
  ) throws(CheckpointError) -> ConversionResult {
    try StagedFiles.committing { files throws(CheckpointError) in
      try stage(to: path, as: format, proof: proof, options: options, in: &files)
    }
  }

  /// Writes the result as `write` does, without giving the files their names yet.
  package func stage(
    to path: String, as format: (any CheckpointFormat)? = nil, proof: ConversionProof? = nil,
    options: WritingOptions, in files: inout StagedFiles
  ) throws(CheckpointError) -> ConversionResult {
    var (result, options) = (self, options)
    let check = try proof.map { proof throws(CheckpointError) in
      ProofCheck(proof, try basis(), of: source)
    }
    if let check { options.proof = check.proof(of: path, after: options.proof) }
    result.leftOut = try checkpoint.stage(to: path, as: format, options: options, in: &files)
    result.proof = check?.result
    return result
  }
}
