import ArgumentParser
import BatchNorm
import HDF5
import Tensors
import Verification

/// What is changed about a state dict on the way, in this order.
struct TransformationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Take this prefix off keys that have it: module.", valueName: "prefix"))
  var stripPrefix: String?

  @Option(
    help: ArgumentHelp(
      "Rename keys as sed does, 's/REGEX/REPLACEMENT/'; may be repeated.",
      discussion: "The word keras gives Keras' weights PyTorch's names and order of axes.",
      valueName: "substitution"))
  var rename: [String] = []

  @Option(
    help: ArgumentHelp(
      "Round floating-point tensors to float16, bfloat16, float32 or float64.",
      discussion: "BatchNorm statistics stay as they are: a variance can vanish in float16.",
      valueName: "type"))
  var cast: String?

  @Flag(help: "Let --cast change the running statistics of BatchNorms too.")
  var castStatistics = false

  var isEmpty: Bool { stripPrefix == nil && rename.isEmpty && cast == nil }

  private var scalarType: ScalarType? { cast.flatMap { ScalarType(rawValue: $0) } }

  func validate() throws {
    for text in rename where text != Self.keras && Substitution(text) == nil {
      throw ValidationError("'\(text)' is not of the form 's/REGEX/REPLACEMENT/', nor 'keras'.")
    }
    guard cast == nil || scalarType?.isFloatingPoint == true else {
      throw ValidationError("--cast takes float16, bfloat16, float32 or float64.")
    }
  }

  /// The word for `--rename` that stands for Keras' names.
  private static let keras = "keras"

  /// A state dict and the settings of its BatchNorms, what was done for the history, and what could
  /// not be and what was lost.
  typealias Transformed = (
    stateDict: StateDict, settings: BatchNormSettingsTable, record: [JSON.Member],
    report: ConversionReport
  )

  /// The transformed state dict.
  func apply(
    to stateDict: StateDict, _ settings: BatchNormSettingsTable, allowsOverflow: Bool
  ) throws(CheckpointError) -> Transformed {
    var (result, settings, record) = (stateDict, settings, [JSON.Member]())
    var report = ConversionReport()
    if let stripPrefix {
      result = try result.strippingPrefix(stripPrefix)
      settings = settings.strippingPrefix(stripPrefix)
      record.append(.init("strip_prefix", .string(stripPrefix)))
    }
    for text in rename {
      if text == Self.keras {
        let converted = try KerasNames.converting(result, settings)
        (result, settings) = (converted.stateDict, converted.settings)
        report.skipped += converted.report.skipped
        report.notes += converted.report.notes
      } else if let substitution = Substitution(text) {
        result = try result.renaming(text) { substitution($0) }
        settings = settings.renaming { substitution($0) }
      }
    }
    if !rename.isEmpty { record.append(.init("rename", .array(rename.map { .string($0) }))) }
    guard let scalarType else { return (result, settings, record, report) }
    let cast = try result.casting(
      to: scalarType, except: castStatistics ? [] : statistics(of: result),
      allowsOverflow: allowsOverflow)
    record += [
      .init("cast", .string(scalarType.name)), .init("tensors_cast", .int(cast.cast.count)),
    ]
    report.losses += cast.losses
    return (cast.stateDict, settings, record, report)
  }

  /// What --cast promises of a state dict; nil: nothing is rounded.
  func promise(of stateDict: StateDict) -> ConversionPromise? {
    guard let scalarType else { return nil }
    var promise = ConversionPromise(cast: scalarType)
    if !castStatistics { promise.uncast = statistics(of: stateDict) }
    return promise
  }

  private func statistics(of stateDict: StateDict) -> Set<CheckpointDictionary.Key> {
    let survey = BatchNormSurvey(stateDict)
    return Set((survey.sites + survey.lookalikes).flatMap(\.bufferKeys).map { .string($0) })
  }
}
