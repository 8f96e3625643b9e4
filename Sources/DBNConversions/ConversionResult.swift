public import DBNBatchNorm
public import DBNCheckpointFormats
import DBNCheckpoints
public import DBNTensors
public import DBNVerification
import Synchronization

/// The result of a conversion: the checkpoint to write, its report, notes and health.
public struct ConversionResult: Sendable {
  /// The file that was converted; for several ranks' files, rank 0's.
  public let source: Conversion
  /// The checkpoint to write, with the record of this conversion in its history.
  public private(set) var checkpoint: Checkpoint
  /// The record of what was done, as in the history, without the source and the version.
  public let record: JSON
  /// What was converted, skipped and lost.
  public let report: ConversionReport
  /// What the user should know, one sentence each: notes of the reader, other networks in the file,
  /// optimizer states that no longer fit, settings that differ from the defaults. Problems with the
  /// BatchNorms' numbers are in `health`.
  public let notes: [Guidance]
  /// The measurements of `recalibrated`; nil after other conversions.
  public internal(set) var recalibration: Recalibration.Result?
  /// The values that the written file's format could not store. Empty before the result is written.
  public private(set) var leftOut: [ConversionReport.Item] = []
  /// The result of the proof of the written file; nil if none was requested.
  public private(set) var proof: ProofResult?

  private let examined: Examined
  private let basis: ProofBasis.Maker

  /// The BatchNorms whose numbers are examined.
  enum Examined {
    case all
    case of(StateDict)
    case mapped(BatchNormConversion, from: StateDict)
  }

  /// - Parameters:
  ///   - checkpoint: the checkpoint to write, without the new record in its history.
  ///   - basis: makes what the written file is compared with.
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

  /// Problems with the BatchNorms' numbers. Each access reads the numbers again.
  public var health: BatchNormHealth {
    switch examined {
    case .all: BatchNormHealth(checkpoint)
    case .of(let stateDict):
      BatchNormHealth(of: BatchNormSurvey(stateDict).sites, in: stateDict)
    case .mapped(let conversion, let source): conversion.health(from: source)
    }
  }

  /// The same result, whose record in the history says which job it is.
  package func stamped(_ stamp: JobStamp) -> ConversionResult {
    var result = self
    let record = result.checkpoint.history.removeLast()
    result.checkpoint.history.append(stamp.added(to: record))
    return result
  }

  /// Writes the result, all or nothing: an error leaves no new file, and an existing file
  /// unchanged.
  ///
  /// - Parameters:
  ///   - format: nil: chosen by the path's extension.
  ///   - proof: the proof of the finished file before it gets its name; nil: none.
  ///   - options: how it is written; by default an existing file is not replaced.
  /// - Returns: this result with the values that the format could not store, if that was allowed,
  ///   and with the proof's result.
  /// - Throws: `outputsDiffer` and `promiseBroken` if the proof fails; as `Checkpoint.write`.
  @discardableResult
  public func write(
    to path: String, as format: (any CheckpointFormat)? = nil, proof: ConversionProof? = nil,
    options: WritingOptions = WritingOptions()
  ) throws(CheckpointError) -> ConversionResult {
    try StagedFiles.committing(besides: path) { files throws(CheckpointError) in
      try stage(to: path, as: format, proof: proof, options: options, in: &files)
    }
  }

  /// Writes the result as `write` does, without giving the files their names yet.
  package func stage(
    to path: String, as format: (any CheckpointFormat)? = nil, proof: ConversionProof? = nil,
    options: WritingOptions, in files: inout StagedFiles
  ) throws(CheckpointError) -> ConversionResult {
    var (result, options) = (self, options)
    guard let proof else {
      result.leftOut = try checkpoint.stage(to: path, as: format, options: options, in: &files)
      return result
    }
    let basis = try basis()
    // What is left out, which is not compared, is known when the file is finished. It has no name
    // until the staged files get theirs.
    let finished = Mutex("")
    let other = options.proof
    options.proof = { path throws(CheckpointError) in
      try other?(path)
      finished.withLock { $0 = path }
    }
    result.leftOut = try checkpoint.stage(to: path, as: format, options: options, in: &files)
    let check = ProofCheck(proof, basis, without: result.leftOut, of: source)
    result.proof = try check.result(finished.withLock { $0 }, of: path)
    return result
  }

  /// Proves a file that was written before: that it is what this conversion writes.
  ///
  /// - Parameter leftOut: what its format could not store, which is not compared.
  /// - Throws: `outputsDiffer` and `promiseBroken`; errors of reading the file.
  public func proving(
    _ path: String, by proof: ConversionProof, without leftOut: [ConversionReport.Item] = []
  ) throws(CheckpointError) -> ProofResult {
    try ProofCheck(proof, basis(), without: leftOut, of: source, isWritten: true)
      .result(path, of: path)
  }
}
