/// Options for reading a checkpoint.
public struct ReadingOptions: Sendable {
  /// Whether a checkpoint with an object of an unknown class is refused. If not, such objects are
  /// kept as opaque values, named and never executed.
  public var refusesUnknownClasses: Bool

  /// Whether a file that is one part of a model, a shard or one rank's file, is read by itself. If
  /// not, it is refused: what is true of the part need not be true of the model.
  public var acceptsParts: Bool

  /// How many times the usual time and memory a file may cost: see `ReadingCost`.
  public var limitFactor = 1

  /// Whether a file whose end is missing is read as far as it goes. Its tensors then include those
  /// whose bytes are missing, and reading these is an error: `Conversion.salvaged` leaves them out.
  /// Only formats that can be salvaged do this.
  package var salvages = false

  /// Options; by default, objects of unknown classes are kept by name, and parts are refused.
  public init(refusesUnknownClasses: Bool = false, acceptsParts: Bool = false) {
    self.refusesUnknownClasses = refusesUnknownClasses
    self.acceptsParts = acceptsParts
  }

  /// For salvaging: what is left of any file, a part too.
  package static var salvaging: ReadingOptions {
    var options = ReadingOptions(acceptsParts: true)
    options.salvages = true
    return options
  }

  /// The same options for callers that do not treat the file as a whole model.
  public var acceptingParts: ReadingOptions {
    var options = self
    options.acceptsParts = true
    return options
  }
}
