import DBNBatchNorm
import DBNCheckpoints
public import DBNHDF5
public import DBNTensors
import DBNVerification

/// A change of a state dict other than its BatchNorms' layout.
public enum Transformation: Sendable {
  /// Leaves out tensors and other entries of the state dict, such as the `n_averaged` of a moving
  /// average.
  case selecting(NameSelection)
  /// Removes a prefix, such as the `module.` of DataParallel, from keys that have it.
  case strippingPrefix(String)
  /// Renames keys as sed does.
  case renaming(Substitution)
  /// Gives Keras' weights PyTorch's names and order of axes, if the class of the layer is certain.
  case kerasNames
  /// Gives PyTorch's weights the names and axes of a Keras file; as HDF5, the result is written so
  /// that Keras loads it.
  case likeKeras(KerasTemplate)
  /// Adds a weight of ones or a bias of zeros to BatchNorms that lack one, so that PyTorch's strict
  /// loading accepts them.
  case completingBatchNorms
  /// Gives Flax's weights PyTorch's names and order of axes, where the order is certain.
  case flaxNames
  /// Rounds floating-point tensors to a floating-point type; the running statistics of BatchNorms
  /// only on request, since a small variance can become 0. Applied last.
  case casting(to: ScalarType, statistics: Bool = false)

  /// The name of `kerasNames` in the history and in renamings given as text.
  package static let keras = "keras"
  /// The name of `flaxNames`, likewise.
  package static let flax = "flax"
  /// The name of `likeKeras` in the history.
  fileprivate static let likeKerasName = "like-keras"
}

extension Transformation {
  /// The names and axes of a Keras file, which may be a `.keras` archive.
  ///
  /// - Parameter limitFactor: how many times the usual time and memory the file may cost.
  /// - Throws: `notKeras`, and errors of reading.
  public static func likeKeras(
    opening path: String, limitFactor: Int = 1
  ) throws(CheckpointError) -> Transformation {
    if let template = try KerasArchiveFormat().template(at: path, limitFactor: limitFactor) {
      return .likeKeras(template)
    }
    return .likeKeras(try KerasTemplate(opening: path, limitFactor: limitFactor))
  }
}

/// A state dict during its transformation, with the report.
struct TransformedStateDict {
  private(set) var stateDict: StateDict
  /// Epsilon and momentum, under the BatchNorms' current names.
  private(set) var settings: BatchNormSettingsTable
  private(set) var report = ConversionReport()
  /// The promise of a cast about the written file; nil if nothing was rounded.
  private(set) var promise: ConversionPromise?
  private var selections: [JSON.Member] = []
  private var prefixes: [JSON] = []
  private var renamings: [JSON] = []
  private var castRecord: [JSON.Member] = []

  init(_ stateDict: StateDict, _ settings: BatchNormSettingsTable) {
    self.stateDict = stateDict
    self.settings = settings
  }

  /// The record of the transformations for the history.
  var record: [JSON.Member] {
    let prefix: JSON? = prefixes.count > 1 ? .array(prefixes) : prefixes.first
    return selections + (prefix.map { [.init("strip_prefix", $0)] } ?? [])
      + (renamings.isEmpty ? [] : [.init("rename", .array(renamings))]) + castRecord
  }

  /// Applies the selections and renamings, in the order given.
  mutating func rename(by transformations: [Transformation]) throws(CheckpointError) {
    for transformation in transformations {
      switch transformation {
      case .selecting(let selection): try select(selection)
      case .strippingPrefix(let text):
        let prefix = stateDict.prefix(named: text)
        stateDict = try stateDict.strippingPrefix(prefix)
        settings = settings.strippingPrefix(prefix)
        prefixes.append(.string(prefix))
      case .renaming(let substitution):
        stateDict = try stateDict.renaming(substitution.text) { substitution($0) }
        settings = settings.renaming { substitution($0) }
        renamings.append(.string(substitution.text))
      case .kerasNames:
        let converted = try KerasNames.converting(stateDict, settings)
        (stateDict, settings) = (converted.stateDict, converted.settings)
        report.skipped += converted.report.skipped
        report.notes += converted.report.notes
        renamings.append(.string(Transformation.keras))
      case .flaxNames:
        let converted = try FlaxNames.converting(stateDict)
        stateDict = converted.stateDict
        report.skipped += converted.report.skipped
        report.notes += converted.report.notes
        renamings.append(.string(Transformation.flax))
      case .completingBatchNorms:
        let completed = try stateDict.completingBatchNorms()
        stateDict = completed.stateDict
        let count = completed.added.count
        // What they advise is done.
        report.notes.removeAll { $0.choices.contains(.completingBatchNorms) }
        report.notes.append(
          "BatchNorms without weight or bias have got \(count) of them, of ones and zeros")
        renamings.append("complete-batch-norms")
      case .likeKeras(let template):
        let restored = try KerasNames.restoring(stateDict, like: template)
        stateDict = restored.stateDict
        settings = BatchNormSettingsTable()
        report.skipped += restored.report.skipped
        report.notes += restored.report.notes
        renamings.append(.string(Transformation.likeKerasName))
      case .casting: break
      }
    }
  }

  private mutating func select(_ selection: NameSelection) throws(CheckpointError) {
    let (selected, leftOut) = try stateDict.selecting(selection)
    stateDict = selected
    selections += [("keep", selection.include), ("drop", selection.exclude)]
      .filter { !$0.1.isEmpty }.map { .init($0.0, .array($0.1.map { .string($0) })) }
    let names = leftOut.prefix(10).map { $0.visible() }.joined(separator: ", ")
    let more = leftOut.count > 10 ? " and \(leftOut.count - 10) more" : ""
    if !leftOut.isEmpty { report.notes.append("left out by name, as chosen: \(names)\(more)") }
  }

  /// Sets the promise of a cast, without casting.
  mutating func promiseCast(_ transformations: [Transformation]) throws(CheckpointError) {
    guard let (scalarType, castsStatistics) = try transformations.cast() else { return }
    var promise = ConversionPromise(cast: scalarType)
    promise.uncast = castsStatistics ? [] : statistics
    self.promise = promise
  }

  /// Applies the cast, if there is one.
  mutating func cast(
    by transformations: [Transformation], allowsOverflow: Bool
  ) throws(CheckpointError) {
    guard let (scalarType, castsStatistics) = try transformations.cast() else { return }
    let result = try stateDict.casting(
      to: scalarType, except: castsStatistics ? [] : statistics, allowsOverflow: allowsOverflow)
    stateDict = result.stateDict
    castRecord = [
      .init("cast", .string(scalarType.name)), .init("tensors_cast", .int(result.cast.count)),
    ]
    report.losses += result.losses
  }

  private var statistics: Set<CheckpointDictionary.Key> {
    let survey = BatchNormSurvey(stateDict)
    return Set((survey.sites + survey.lookalikes).flatMap(\.bufferKeys).map { .string($0) })
  }
}

extension [Transformation] {
  /// The type that tensors are cast to; nil without a cast.
  ///
  /// - Throws: `unsupportedScalarType` for two casts.
  fileprivate func cast() throws(CheckpointError) -> (ScalarType, statistics: Bool)? {
    let casts = compactMap { transformation -> (ScalarType, statistics: Bool)? in
      guard case .casting(let type, let statistics) = transformation else { return nil }
      return (type, statistics)
    }
    guard casts.count < 2 else {
      throw CheckpointError(
        .unsupportedScalarType, "tensors cannot be cast to two types",
        advice: "give one cast; it is applied after all renamings")
    }
    return casts.first
  }
}
