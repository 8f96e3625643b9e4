internal import DBNTensors

/// The arrays to be written, and what NumPy's files can't hold of a checkpoint.
struct NumPyPlan {
  /// A tensor as an array.
  struct Array: Sendable {
    let name: String
    let tensor: Tensor
    let type: String

    /// The bytes of a `.npy` file.
    var content: TensorStorage {
      TensorStorage(
        PrefixedBytes(NumPyHeader.bytes(type: type, shape: tensor.shape), tensor.storage))
    }
  }

  private(set) var arrays: [Array] = []
  /// What is not written, and what changes, in the file's order.
  private(set) var losses: [ConversionReport.Item] = []
  private let allowsLosses: Bool

  /// The arrays of a state dict.
  ///
  /// - Throws: `cannotBeWritten` for anything else in it, unless losses are allowed; and if no array
  ///   is left.
  init(archive checkpoint: Checkpoint, allowsLosses: Bool) throws(CheckpointError) {
    self.allowsLosses = allowsLosses
    guard let dictionary = checkpoint.root.dictionary else {
      throw CheckpointError(
        .cannotBeWritten,
        "a .npz archive holds arrays by name, and this is a single "
          + checkpoint.root.typeName,
        advice: "write a .npy file if it is a tensor, else an HDF5 file")
    }
    for entry in dictionary.entries { try add(entry.key, entry.value) }
    guard !arrays.isEmpty else {
      throw CheckpointError(
        .cannotBeWritten,
        "a .npz archive holds arrays by name; none is directly in the mapping",
        advice: "write only the state dict with \(.stateDictOnly), or write an HDF5 file")
    }
    try addLosses(around: dictionary)
    try addLosses(of: checkpoint)
  }

  /// The only tensor of a checkpoint.
  ///
  /// - Throws: `cannotBeWritten` if the checkpoint is anything else.
  init(array checkpoint: Checkpoint, allowsLosses: Bool) throws(CheckpointError) {
    self.allowsLosses = allowsLosses
    guard case .tensor = checkpoint.root else {
      throw CheckpointError(
        .cannotBeWritten,
        "a .npy file holds a single array, and this is \(withArticle(checkpoint.root.typeName))",
        advice: "write a .npz file if it has arrays by name, else an HDF5 file")
    }
    try add(.string(""), checkpoint.root)
    guard !arrays.isEmpty else {
      throw CheckpointError(.cannotBeWritten, losses.last?.reason ?? "there is no array to write")
    }
    try addLosses(of: checkpoint)
  }

  private mutating func add(
    _ key: CheckpointDictionary.Key, _ value: CheckpointValue
  ) throws(CheckpointError) {
    guard let tensor = value.tensor, let name = key.string else {
      return try lose(
        key.description, "is \(withArticle(value.typeName)), and NumPy's files hold arrays only",
        advice: value.tensor == nil ? "write only the state dict with \(.stateDictOnly)" : nil)
    }
    guard let type = NumPyType.text(for: tensor.scalarType) else {
      return try lose(name, "NumPy has no type \(tensor.scalarType.name)")
    }
    guard tensor.shape.count <= Self.dimensionLimit else {
      return try lose(
        name,
        "NumPy's arrays have at most \(Self.dimensionLimit) dimensions, and this tensor has "
          + "\(tensor.shape.count)")
    }
    guard name.utf8.count <= Self.nameByteLimit else {
      return try lose(name, "names in an archive have at most \(Self.nameByteLimit) bytes")
    }
    if tensor.kind != .tensor || tensor.requiresGrad {
      try lose(
        name,
        "is \(withArticle(tensor.kind.rawValue))"
          + (tensor.requiresGrad ? " that requires gradients" : "")
          + ", and an array of NumPy's is not marked as one")
    }
    if let first = firstUse[ObjectIdentifier(tensor.storage)] {
      leaveOut(name, "is tied to '\(first.visible())', and becomes a copy")
    }
    firstUse[ObjectIdentifier(tensor.storage)] = name
    arrays.append(Array(name: name, tensor: tensor, type: type))
  }

  /// The last name of each storage, to report ties.
  private var firstUse: [ObjectIdentifier: String] = [:]

  private mutating func addLosses(
    around dictionary: CheckpointDictionary
  ) throws(CheckpointError) {
    for attribute in dictionary.attributes { try lose(attribute.name, Self.arraysOnly) }
    guard dictionary.kind != .orderedDict else { return }
    try lose("", "NumPy's files hold no \(dictionary.kind.rawValue); it is read as an OrderedDict")
  }

  private mutating func addLosses(of checkpoint: Checkpoint) throws(CheckpointError) {
    if checkpoint.graph != nil { try lose("graph", Self.arraysOnly) }
    if !checkpoint.batchNormSettings.isEmpty {
      leaveOut(BatchNormSettingsTable.lossName, Self.arraysOnly)
    }
    if !checkpoint.history.isEmpty { leaveOut("history", Self.arraysOnly) }
  }

  private static let arraysOnly = "NumPy's files hold arrays only"

  /// Reports what is lost though it was not asked for: what every conversion adds is no reason to
  /// refuse one.
  private mutating func leaveOut(_ name: String, _ reason: String) {
    losses.append(.init(name, reason))
  }

  /// Reports a value that is lost, if losses are allowed.
  ///
  /// - Parameter advice: another way than allowing them.
  private mutating func lose(
    _ name: String, _ reason: String, advice: Guidance? = nil
  ) throws(CheckpointError) {
    guard allowsLosses else {
      throw CheckpointError(
        .cannotBeWritten, name: name, reason,
        advice: (advice.map { $0 + ", " } ?? "")
          + "leave out with \(.allowingLosses) what NumPy can't hold, or write an HDF5 file")
    }
    leaveOut(name, reason)
  }

  /// The most dimensions of an array, since NumPy 2.
  private static let dimensionLimit = 64
  /// The longest name in a zip archive, without the `.npy`.
  private static let nameByteLimit = Int(UInt16.max) - NumPyCheckpoint.arrayExtension.utf8.count
}
