import DBNBatchNorm
package import DBNTensors

/// Attributes with PyTorch's default are not written: a model has a hundred BatchNorms, and nearly
/// all have only defaults.
extension Operation.BatchNormAttributes {
  private enum Member {
    static let module = "module"
    static let features = "features"
    static let eps = "eps"
    static let momentum = "momentum"
    static let affine = "affine"
    static let bias = "bias"
    static let statistics = "statistics"
    static let layout = "layout"
    static let worldSize = "world_size"
    static let accumulationSteps = "accumulation_steps"
    static let dimensions = "dimensions"
    static let mode = "mode"
    static let appliesAffine = "applies_affine"
    static let keptBuffers = "kept_buffers"
  }

  package var attributes: [JSON.Member] {
    let plain = NormModule(numFeatures: norm.numFeatures)
    var members: [JSON.Member] = [
      .init(Member.module, .string(module)), .init(Member.features, .int(norm.numFeatures)),
      .init(Member.eps, .double(norm.eps)),
      .init(Member.momentum, norm.momentum.map { .double($0) } ?? .null),
    ]
    func add(_ name: String, _ value: JSON, unless isPlain: Bool) {
      if !isPlain { members.append(JSON.Member(name, value)) }
    }
    add(Member.affine, .bool(norm.affine), unless: norm.affine == plain.affine)
    add(Member.bias, .bool(norm.hasBias), unless: norm.hasBias == plain.hasBias)
    add(
      Member.statistics, .bool(norm.tracksRunningStatistics), unless: norm.tracksRunningStatistics)
    add(Member.layout, .string(norm.layout.name), unless: norm.layout == plain.layout)
    add(Member.worldSize, .int(norm.worldSize), unless: norm.worldSize == plain.worldSize)
    add(
      Member.accumulationSteps, .int(norm.accumulationSteps),
      unless: norm.accumulationSteps == plain.accumulationSteps)
    add(
      Member.dimensions, norm.dimensions.map { .int($0) } ?? .null, unless: norm.dimensions == nil)
    add(Member.appliesAffine, .bool(appliesAffine), unless: appliesAffine)
    let kept = keptBuffers.map(\.rawValue).sorted()
    add(Member.keptBuffers, .array(kept.map { .string($0) }), unless: kept.isEmpty)
    if let exportedMode { members.append(.init(Member.mode, .string(exportedMode.rawValue))) }
    return members
  }

  package init(_ reader: GraphReader) throws(CheckpointError) {
    var norm = NormModule(numFeatures: try reader.int(Member.features))
    norm.eps = try reader.number(Member.eps)
    let hasMomentum = reader.json[Member.momentum] != .null
    norm.momentum = hasMomentum ? try reader.number(Member.momentum) : nil
    if reader.has(Member.affine) { norm.affine = try reader.bool(Member.affine) }
    if reader.has(Member.bias) { norm.hasBias = try reader.bool(Member.bias) }
    if reader.has(Member.statistics) {
      norm.tracksRunningStatistics = try reader.bool(Member.statistics)
    }
    if reader.has(Member.layout) {
      guard let layout = BatchNormLayout.named(try reader.text(Member.layout)) else {
        throw reader.invalid(Member.layout)
      }
      norm.layout = layout
    }
    if reader.has(Member.worldSize) { norm.worldSize = try reader.int(Member.worldSize) }
    if reader.has(Member.accumulationSteps) {
      norm.accumulationSteps = try reader.int(Member.accumulationSteps)
    }
    if reader.has(Member.dimensions) { norm.dimensions = try reader.int(Member.dimensions) }
    try norm.validate()
    self.init(module: try reader.text(Member.module), norm, exportedMode: try Self.mode(reader))
    if reader.has(Member.appliesAffine) { appliesAffine = try reader.bool(Member.appliesAffine) }
    guard reader.has(Member.keptBuffers) else { return }
    keptBuffers = try Set(
      reader.texts(Member.keptBuffers).map { text throws(CheckpointError) in
        guard let quantity = BatchNormQuantity(rawValue: text), quantity.isBuffer else {
          throw reader.invalid(Member.keptBuffers)
        }
        return quantity
      })
  }

  private static func mode(_ reader: GraphReader) throws(CheckpointError) -> ExecutionMode? {
    guard reader.has(Member.mode) else { return nil }
    guard let mode = ExecutionMode(rawValue: try reader.text(Member.mode)) else {
      throw reader.invalid(Member.mode)
    }
    return mode
  }
}
