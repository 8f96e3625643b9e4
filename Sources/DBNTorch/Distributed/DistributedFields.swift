import DBNTensors

/// Typed access to the fields of an object in `.metadata`.
struct DistributedFields {
  private let className: String
  private let fields: CheckpointDictionary

  /// - Throws: `distributedMetadata` unless the value is an object of this class.
  init(_ value: CheckpointValue, _ className: String) throws(CheckpointError) {
    guard let fields = try Self.state(value, className).dictionary else {
      throw Self.wrong(className)
    }
    self.className = className
    self.fields = fields
  }

  /// The pickled state of an object of this class.
  static func state(
    _ value: CheckpointValue?, _ className: String
  ) throws(CheckpointError) -> CheckpointValue {
    guard case .opaque(let object) = value, object.name.hasSuffix(".\(className)"),
      let state = object.state
    else { throw wrong(className) }
    return state
  }

  func value(_ name: String) -> CheckpointValue? { fields[name] }

  /// Whether the field is missing or None.
  func isNone(_ name: String) -> Bool {
    switch fields[name] {
    case nil, CheckpointValue.none?: true
    default: false
    }
  }

  func dictionary(_ name: String) throws(CheckpointError) -> CheckpointDictionary {
    guard let dictionary = fields[name]?.dictionary else { throw wrong(name) }
    return dictionary
  }

  func text(_ name: String) throws(CheckpointError) -> String {
    guard case .string(let text) = fields[name] else { throw wrong(name) }
    return text
  }

  func int(_ name: String) throws(CheckpointError) -> Int {
    guard case .int(let number) = fields[name] else { throw wrong(name) }
    return number
  }

  func size(_ name: String) throws(CheckpointError) -> [Int] {
    guard case .size(let sizes) = fields[name], sizes.allSatisfy({ $0 >= 0 }) else {
      throw wrong(name)
    }
    return sizes
  }

  private func wrong(_ name: String) -> CheckpointError {
    Self.wrong("\(className).\(name)")
  }

  static func wrong(_ what: String) -> CheckpointError {
    CheckpointError(
      .distributedMetadata, "\(what) does not have the form that PyTorch gives it",
      advice: "the file is damaged, or of an unknown version; convert it with "
        + "torch.distributed.checkpoint.format_utils.dcp_to_torch_save")
  }
}
