import ArgumentParser
import DBNConversions
import DBNTensors
import DBNVerification

/// The samples that a model is run on.
struct DataOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The samples: safetensors, HDF5 or npz with x or images, and y or labels.",
      valueName: "file"), completion: .file())
  var data: String

  @Option(help: ArgumentHelp("Samples in a mini-batch; the last may be smaller.", valueName: "N"))
  var batch = 64

  @Option(
    help: ArgumentHelp(
      "Divide stored numbers by this before the model sees them: 255 for images stored as bytes.",
      valueName: "number"))
  var divide = 1.0

  @Option(
    help: ArgumentHelp(
      "Then subtract the mean, one for each channel or one for all: 0.485,0.456,0.406.",
      valueName: "numbers"))
  var mean: String?

  @Option(
    help: ArgumentHelp(
      "Then divide by the standard deviation, one for each channel or one for all.",
      valueName: "numbers"))
  var std: String?

  func validate() throws {
    guard batch > 0 else { throw ValidationError("--batch must be 1 or more samples.") }
    guard divide != 0, divide.isFinite else { throw ValidationError("--divide must not be 0.") }
    for (name, text) in [("--mean", mean), ("--std", std)] {
      guard let text else { continue }
      guard let numbers = Self.numbers(text) else {
        throw ValidationError("\(name) takes numbers separated by commas.")
      }
      guard name == "--mean" || numbers.allSatisfy({ $0 > 0 }) else {
        throw ValidationError("\(name) takes numbers above 0.")
      }
    }
  }

  private static func numbers(_ text: String) -> [Double]? {
    let numbers = text.replacing(" ", with: "").split(
      separator: ",", omittingEmptySubsequences: false
    ).map { Double($0) }
    return numbers.contains { $0?.isFinite != true } ? nil : numbers.compactMap(\.self)
  }

  var scaling: InputScaling {
    InputScaling(
      divisor: divide, mean: mean.flatMap(Self.numbers) ?? [],
      deviation: std.flatMap(Self.numbers) ?? [])
  }

  /// The samples of the file.
  func samples(
    labelled: Bool, _ opaque: OpaqueOption
  ) throws(CheckpointError) -> SampleData {
    try SampleData(
      opening: data, labelled: labelled, scaling: scaling, reading: opaque.readingOptions)
  }
}

extension InputScaling {
  /// The scaling of stored numbers, for people.
  var text: String {
    if isIdentity { return "as stored" }
    var steps: [String] = []
    if divisor != 1 { steps.append("divided by \(Self.text([divisor]))") }
    if !mean.isEmpty { steps.append("mean \(Self.text(mean)) subtracted") }
    if !deviation.isEmpty { steps.append("divided by the deviation \(Self.text(deviation))") }
    return steps.joined(separator: ", ")
  }

  private static func text(_ numbers: [Double]) -> String {
    numbers.map { Int(exactly: $0).map { "\($0)" } ?? "\($0)" }.joined(separator: ",")
  }
}
