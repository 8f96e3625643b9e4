public import DBNTensors

extension CheckpointError.Code {
  /// An operation is unknown, or an engine can't run it.
  public static let unsupportedOperation = Self("unsupported-operation")
  /// An operand of a node has a shape for which the operation is undefined.
  public static let shapeMismatch = Self("shape-mismatch")
  /// The state dict lacks a tensor that the model needs, or an input is missing.
  public static let missingOperand = Self("missing-operand")
  /// A graph breaks the rules of graphs: a value is used before it is made, a name occurs twice.
  public static let invalidGraph = Self("invalid-graph")
}

extension CheckpointError {
  package static func shape(_ reason: String) -> CheckpointError {
    CheckpointError(
      .shapeMismatch, reason, advice: "give inputs and weights of the shapes that the model needs")
  }

  /// The state dict has no tensor of this name, or one that can't be read.
  package static func noTensor(
    _ name: String, in stateDict: StateDict, neededBy user: String
  ) -> CheckpointError {
    CheckpointError(
      .missingOperand, name: name,
      stateDict.dictionary.contains(.string(name))
        ? "\(stateDict.whyNoTensor(name)); \(user) needs it"
        : "the state dict has no tensor of this name, which \(user) needs",
      advice: stateDict.isUnreadable(name)
        ? nil : missingTensorAdvice(name, among: stateDict.names))
  }

  /// What to do about a tensor that is missing: the names of a model in a wrapper have a prefix.
  static func missingTensorAdvice(_ name: String, among names: some Sequence<String>) -> Guidance {
    guard let longer = names.filter({ $0.hasSuffix(".\(name)") }).min() else {
      return "use a checkpoint of this model"
    }
    let prefix = String(longer.dropLast(name.count))
    return "there is '\(longer)': remove the prefix with \(.strippingPrefix(prefix)) first"
  }
}
