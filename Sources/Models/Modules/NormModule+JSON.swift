import BatchNorm
package import Tensors

extension NormModule {
  /// What is not PyTorch's default: a model has a hundred of these, nearly all plain.
  package var json: JSON {
    let plain = NormModule(numFeatures: numFeatures)
    var members = [JSON.Member("features", .int(numFeatures))]
    func write<Value: Equatable>(
      _ name: String, _ property: KeyPath<NormModule, Value>, _ json: (Value) -> JSON
    ) {
      let value = self[keyPath: property]
      if value != plain[keyPath: property] { members.append(.init(name, json(value))) }
    }
    write("eps", \.eps) { .double($0) }
    write("momentum", \.momentum) { $0.map { .double($0) } ?? .null }
    write("affine", \.affine) { .bool($0) }
    write("bias", \.hasBias) { .bool($0) }
    write("tracks_statistics", \.tracksRunningStatistics) { .bool($0) }
    write("layout", \.layout) { .string($0.description) }
    write("world_size", \.worldSize) { .int($0) }
    write("accumulation_steps", \.accumulationSteps) { .int($0) }
    write("dimensions", \.dimensions) { $0.map { .int($0) } ?? .null }
    return .object(members)
  }

  /// Reads what `json` writes.
  ///
  /// - Throws: `invalidModule` for anything else, also for numbers that make no module.
  package init(_ json: JSON) throws(CheckpointError) {
    guard let features = json["features"]?.int else { throw .invalid("features") }
    self.init(numFeatures: features)
    eps = try json.value("eps", \.number) ?? eps
    if json["momentum"] == .null {
      momentum = nil
    } else {
      momentum = try json.value("momentum", \.number) ?? momentum
    }
    affine = try json.value("affine", \.flag) ?? affine
    hasBias = try json.value("bias", \.flag) ?? hasBias
    tracksRunningStatistics =
      try json.value("tracks_statistics", \.flag) ?? tracksRunningStatistics
    layout = try json.value("layout", \.layout) ?? layout
    worldSize = try json.value("world_size", \.int) ?? worldSize
    accumulationSteps = try json.value("accumulation_steps", \.int) ?? accumulationSteps
    dimensions = try json.value("dimensions", \.int)
    try validate()
  }
}

extension JSON {
  /// A member, nil if it is not there.
  fileprivate func value<Value>(
    _ name: String, _ read: (JSON) -> Value?
  ) throws(CheckpointError) -> Value? {
    guard let member = self[name] else { return nil }
    guard let value = read(member) else { throw .invalid(name) }
    return value
  }

  fileprivate var number: Double? {
    switch self {
    case .double(let number): number
    case .int(let number): Double(number)
    default: nil
    }
  }

  fileprivate var flag: Bool? {
    guard case .bool(let flag) = self else { return nil }
    return flag
  }

  fileprivate var layout: BatchNormLayout? {
    string.flatMap { BatchNormLayout.named($0) }
  }
}

extension CheckpointError {
  fileprivate static func invalid(_ name: String) -> CheckpointError {
    CheckpointError(
      .invalidModule, "the graph's BatchNorm has no `\(name)` that can be understood",
      advice: "write the file again with this version")
  }
}
