import BatchNorm

extension NormModule: Codable {
  private enum CodingKeys: String, CodingKey {
    case numFeatures, eps, momentum, affine, hasBias, tracksRunningStatistics, layout, worldSize
    case accumulationSteps, dimensions
  }

  /// What is not said has PyTorch's default: a model has a hundred of these, nearly all plain.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(numFeatures: try values.decode(Int.self, forKey: .numFeatures))
    eps = try values.decodeIfPresent(Double.self, forKey: .eps) ?? eps
    if values.contains(.momentum) {
      momentum = try values.decode(Double?.self, forKey: .momentum)
    }
    affine = try values.decodeIfPresent(Bool.self, forKey: .affine) ?? affine
    hasBias = try values.decodeIfPresent(Bool.self, forKey: .hasBias) ?? hasBias
    tracksRunningStatistics =
      try values.decodeIfPresent(Bool.self, forKey: .tracksRunningStatistics)
      ?? tracksRunningStatistics
    layout = try values.decodeIfPresent(BatchNormLayout.self, forKey: .layout) ?? layout
    worldSize = try values.decodeIfPresent(Int.self, forKey: .worldSize) ?? worldSize
    accumulationSteps =
      try values.decodeIfPresent(Int.self, forKey: .accumulationSteps) ?? accumulationSteps
    dimensions = try values.decodeIfPresent(Int.self, forKey: .dimensions)
  }

  public func encode(to encoder: any Encoder) throws {
    let plain = NormModule(numFeatures: numFeatures)
    var values = encoder.container(keyedBy: CodingKeys.self)
    func write<Value: Encodable & Equatable>(
      _ property: KeyPath<NormModule, Value>, _ key: CodingKeys
    ) throws {
      guard self[keyPath: property] != plain[keyPath: property] else { return }
      try values.encode(self[keyPath: property], forKey: key)
    }
    try values.encode(numFeatures, forKey: .numFeatures)
    try write(\.eps, .eps)
    try write(\.momentum, .momentum)
    try write(\.affine, .affine)
    try write(\.hasBias, .hasBias)
    try write(\.tracksRunningStatistics, .tracksRunningStatistics)
    try write(\.layout, .layout)
    try write(\.worldSize, .worldSize)
    try write(\.accumulationSteps, .accumulationSteps)
    try write(\.dimensions, .dimensions)
  }
}
