import ArgumentParser
import DBNConversions
import DBNTensors

/// The changes of names and types in a state dict, in this order.
struct TransformationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Write only tensors whose names in the input match; may be repeated.", valueName: "glob"))
  var keep: [String] = []

  @Option(
    help: ArgumentHelp(
      "Leave out tensors whose names in the input match; may be repeated.", valueName: "glob"))
  var drop: [String] = []

  @OptionGroup var renaming: RenamingOptions

  @Flag(
    help: "Give BatchNorms without weight or bias ones and zeros, for PyTorch's strict loading.")
  var completeBatchNorms = false

  @Option(
    help: ArgumentHelp(
      "Give weights the names and axes of this Keras file, .keras, .weights.h5 or .h5, after renaming.",
      discussion: "Written as .h5, Keras' load_weights loads the result.", valueName: "file"),
    completion: .file())
  var likeKeras: String?

  @Option(
    help: ArgumentHelp(
      "Round floating-point tensors to float16, bfloat16, float32 or float64.",
      discussion: "BatchNorm statistics are not rounded: a variance can become 0 in float16.",
      valueName: "type"), completion: .list(["float16", "bfloat16", "float32", "float64"]))
  var cast: String?

  @Flag(help: "Let --cast change the running statistics of BatchNorms too.")
  var castStatistics = false

  var isEmpty: Bool {
    keep.isEmpty && drop.isEmpty && renaming.isEmpty && !completeBatchNorms && likeKeras == nil
      && cast == nil
  }

  private var scalarType: ScalarType? { cast.flatMap { ScalarType(rawValue: $0) } }

  func validate() throws {
    guard cast == nil || scalarType?.isFloatingPoint == true else {
      throw ValidationError("--cast takes float16, bfloat16, float32 or float64.")
    }
  }

  /// The transformations, in the order in which they are applied.
  ///
  /// - Parameter limits: how much the files that they need may cost.
  func transformations(within limits: LimitOption) throws -> [Transformation] {
    let selection = NameSelection(include: keep, exclude: drop)
    let selections = keep.isEmpty && drop.isEmpty ? [] : [Transformation.selecting(selection)]
    let casts = scalarType.map {
      [Transformation.casting(to: $0, statistics: castStatistics)]
    }
    let like = try likeKeras.map {
      [try Transformation.likeKeras(opening: $0, limitFactor: limits.raiseLimits)]
    }
    let completion = completeBatchNorms ? [Transformation.completingBatchNorms] : []
    return selections + renaming.transformations + completion + (like ?? []) + (casts ?? [])
  }
}
