import DBNModels
public import DBNTensors

/// Samples for a model, which it runs in mini-batches, and their labels if they have any.
///
/// The tensors stay in their file: a batch is read when it is needed.
public struct SampleData: Sendable {
  /// [N, ...].
  public let inputs: Tensor
  /// N classes, counted from 0; nil if the samples have no labels.
  public let labels: [Int]?
  /// The preprocessing of the numbers.
  public var scaling: InputScaling
  /// The samples' file, for errors.
  public var path: String?
  /// What the user should know about the file, in one sentence each.
  public var notes: [Guidance] = []

  /// N.
  public var count: Int { inputs.shape[0] }

  /// The possible names of the inputs' tensor in a file, in order of preference.
  public static let inputNames = ["x", "images"]
  /// The possible names of the labels' tensor in a file, in order of preference.
  public static let labelNames = ["y", "labels"]

  /// Finds the samples in a file's tensors: `x` or `images`; and `y` or `labels`, which are read.
  ///
  /// - Throws: `missingOperand` for a missing tensor; `invalidSamples` when they don't fit each
  ///   other, there are none, or labels are not classes.
  public init(
    _ file: StateDict, labelled: Bool, scaling: InputScaling = InputScaling()
  ) throws(CheckpointError) {
    let (name, inputs) = try Self.find(Self.inputNames, in: file)
    guard let count = inputs.shape.first, count > 0, inputs.count > 0 else {
      throw .samples(name, "its shape \(inputs.shape) holds no samples")
    }
    guard inputs.scalarType.isReal else {
      throw .samples(name, "samples cannot be \(inputs.scalarType.name) numbers")
    }
    try scaling.validate(channels: inputs.shape.count > 1 ? inputs.shape[1] : 1)
    self.inputs = inputs
    self.scaling = scaling
    if inputs.scalarType == .uint8, scaling.isIdentity {
      notes.append(
        "'\(name)': the bytes are given to the model as they are, from 0 to 255; if it was trained "
          + "on numbers from 0 to 1, use \(.dividing(255))")
    }
    labels = labelled ? try Self.labels(in: file, count: count) : nil
  }

  private static func labels(
    in file: StateDict, count: Int
  ) throws(CheckpointError) -> [Int] {
    let (name, tensor) = try find(labelNames, in: file)
    guard tensor.shape == [count] else {
      throw .samples(
        name, "\(count) samples need labels of the shape [\(count)], not \(tensor.shape)",
        advice: tensor.shape.count == 2 && tensor.shape[0] == count
          ? "if they are one-hot, store the classes: \(name).argmax(1) in NumPy" : nil)
    }
    guard !tensor.scalarType.isFloatingPoint else {
      let areWhole = try tensor.doubles().allSatisfy { $0 == $0.rounded() }
      throw .samples(
        name, "labels cannot be \(tensor.scalarType.name) numbers",
        advice: areWhole
          ? "store the classes as integers: \(name).astype('int64') in NumPy"
          : "store the number of each sample's class, as int64")
    }
    let labels: [Int]
    do throws(CheckpointError) {
      labels = try tensor.integers()
    } catch {
      throw error.with(name: name)
    }
    if let sample = labels.firstIndex(where: { $0 < 0 }) {
      throw .samples(name, "sample \(sample) has the label \(labels[sample]), which is negative")
    }
    return labels
  }

  private static func find(
    _ names: [String], in file: StateDict
  ) throws(CheckpointError) -> (name: String, tensor: Tensor) {
    for name in names {
      if let tensor = file[name] { return (name, tensor) }
    }
    let found = file.names.prefix(5).map { "'\($0)'" }.joined(separator: ", ")
    throw CheckpointError(
      .missingOperand, "it has no tensor called \(names.joined(separator: " or "))",
      advice: found.isEmpty ? "it has no tensors at all" : "rename one of its tensors: \(found)")
  }
}

extension SampleData {
  /// An error from a pass over the samples, with their file's path if it concerns them.
  func explaining(_ error: CheckpointError, input: String) -> CheckpointError {
    error.code == .invalidSamples || error.name == input ? error.with(path: path) : error
  }
}

extension CheckpointError.Code {
  /// Data that a model can't be run or measured on: no samples, or labels that are not classes.
  public static let invalidSamples = Self("invalid-samples")
}

extension CheckpointError {
  static func samples(
    _ name: String?, _ reason: String, advice: Guidance? = nil
  ) -> CheckpointError {
    CheckpointError(
      .invalidSamples, name: name, reason,
      advice: advice
        ?? "give inputs of the shape [N, ...] and N labels, classes counted from 0")
  }
}
