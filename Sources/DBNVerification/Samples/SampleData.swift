import DBNModels
public import DBNTensors

/// Samples that a model is given in mini-batches, and their classes where they have some.
///
/// The tensors are left where they lie: a batch is read when its turn comes.
public struct SampleData: Sendable {
  /// [N, ...].
  public let inputs: Tensor
  /// N classes, counted from 0; nil: the samples have none.
  public let labels: [Int]?
  /// What is done with the numbers before a model sees them.
  public var scaling: InputScaling
  /// The file that they are from, for errors.
  public var path: String?
  /// What a person should know of the file, a sentence each.
  public var notes: [String] = []

  /// N.
  public var count: Int { inputs.shape[0] }

  /// The names that inputs and labels are looked for under.
  public static let inputNames = ["x", "images"]
  /// The names that the tensor of labels may have in a file, in the order in which they are looked
  /// for.
  public static let labelNames = ["y", "labels"]

  /// Finds the samples in a file's tensors: `x` or `images`; and `y` or `labels`, which are read.
  ///
  /// - Throws: `missingOperand` where one is not there; `invalidSamples` when they don't fit each
  ///   other, there are none, or labels are not classes.
  public init(
    _ file: StateDict, labelled: Bool, scaling: InputScaling = InputScaling()
  ) throws(CheckpointError) {
    let (name, inputs) = try Self.find(Self.inputNames, in: file)
    guard let count = inputs.shape.first, count > 0, inputs.count > 0 else {
      throw .samples(name, "its shape \(inputs.shape) holds no samples")
    }
    guard inputs.scalarType.isReal else {
      throw .samples(name, "\(inputs.scalarType.name) numbers are no samples")
    }
    try scaling.validate(channels: inputs.shape.count > 1 ? inputs.shape[1] : 1)
    self.inputs = inputs
    self.scaling = scaling
    labels = labelled ? try Self.labels(in: file, count: count) : nil
  }

  private static func labels(
    in file: StateDict, count: Int
  ) throws(CheckpointError) -> [Int] {
    let (name, tensor) = try find(labelNames, in: file)
    guard tensor.shape == [count] else {
      throw .samples(
        name, "\(count) samples need labels of the shape [\(count)], not \(tensor.shape)")
    }
    guard !tensor.scalarType.isFloatingPoint else {
      throw .samples(name, "\(tensor.scalarType.name) numbers are no classes")
    }
    let labels: [Int]
    do throws(CheckpointError) {
      labels = try tensor.integers()
    } catch {
      throw error.with(name: name)
    }
    if let sample = labels.firstIndex(where: { $0 < 0 }) {
      throw .samples(name, "sample \(sample) has the label \(labels[sample]), which is no class")
    }
    return labels
  }

  private static func find(
    _ names: [String], in file: StateDict
  ) throws(CheckpointError) -> (name: String, tensor: Tensor) {
    for name in names {
      if let tensor = file[name] { return (name, tensor) }
    }
    throw CheckpointError(
      .missingOperand, "it has no tensor called \(names.joined(separator: " or "))",
      advice: "it has \(file.names.prefix(5).map { "'\($0)'" }.joined(separator: ", "))")
  }
}

extension SampleData {
  /// An error of a pass over the samples, with their file where it is about them.
  func explaining(_ error: CheckpointError, input: String) -> CheckpointError {
    error.code == .invalidSamples || error.name == input ? error.with(path: path) : error
  }
}

extension CheckpointError.Code {
  /// Data that a model can't be run or measured on: no samples, or labels that are no classes.
  public static let invalidSamples = Self("invalid-samples")
}

extension CheckpointError {
  static func samples(_ name: String?, _ reason: String) -> CheckpointError {
    CheckpointError(
      .invalidSamples, name: name, reason,
      advice: "give inputs [N, ...], and for each of them a class counted from 0")
  }
}
