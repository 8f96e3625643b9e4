public import DBNBatchNorm
public import DBNModels
public import DBNTensors

extension BatchNormModule {
  /// Makes a new module with PyTorch's initial values: weights and variances 1, biases, means and
  /// counters 0.
  ///
  /// - Throws: `invalidWorldSize`, `invalidModule` for invalid attributes.
  public init(_ norm: NormModule) throws(CheckpointError) {
    try norm.validate()
    let ones = Array(repeating: 1.0, count: norm.numFeatures)
    let zeros = Array(repeating: 0.0, count: norm.numFeatures)
    self.init(
      norm, weight: norm.affine ? ones : nil, bias: norm.affine && norm.hasBias ? zeros : nil,
      rows: Array(
        repeating: Row(mean: zeros, variance: ones, batchesTracked: 0), count: norm.rowCount))
  }

  /// Reads a module from a state dict alone, without a model.
  ///
  /// - Throws: `unsupportedScalarType`, when the tensors are not real numbers.
  public init(
    _ site: BatchNormSite, in stateDict: StateDict, options: Options = Options()
  ) throws(CheckpointError) {
    self = try BatchNormReader(site, in: stateDict, options: options).module()
  }

  /// Reads a module of a model from a state dict, which may be in another layout than the model was
  /// made with: buffers [V, C] imply the replicated layout, and V. Buffers [C] are in the
  /// first-device layout if the model is, and standard otherwise.
  ///
  /// A missing `num_batches_tracked` (state dicts of version 1) is 0.
  ///
  /// - Parameters:
  ///   - name: the module's name in the state dict, `layer1.0.bn1`; empty if the whole state dict
  ///     is one module.
  ///   - layouts: more layouts to recognise, tried before the known ones.
  /// - Throws: `missingOperand`, `shapeMismatch` when the tensors don't fit the module;
  ///   `unexpectedLayout` when running statistics fit no layout, or exist although the model has
  ///   none; `unsupportedScalarType`.
  public init(
    _ norm: NormModule, named name: String = "", in stateDict: StateDict,
    layouts: [BatchNormLayout] = []
  ) throws(CheckpointError) {
    do throws(CheckpointError) {
      try norm.validate()
      let tensors = ModuleTensors(name: name, stateDict: stateDict)
      self = try BatchNormReader(norm.adapted(to: tensors, layouts), of: tensors).module()
    } catch {
      throw error.with(name: name)
    }
  }
}

extension NormModule {
  /// The number of rows of running statistics.
  var rowCount: Int {
    if !tracksRunningStatistics { return 0 }
    return layout.evaluation == .shared ? 1 : worldSize
  }

  /// The module in the layout of the tensors.
  ///
  /// - Throws: `missingOperand`, `shapeMismatch`, `unexpectedLayout`.
  fileprivate func adapted(
    to tensors: ModuleTensors, _ layouts: [BatchNormLayout]
  ) throws(CheckpointError) -> NormModule {
    let site = try BatchNormSite.find(
      tensors.name, features: numFeatures, in: tensors.stateDict, layouts: layouts)
    let keys = site?.layout ?? layout
    try tensors.check(keys.key(of: .weight), isThere: affine, shape: [numFeatures])
    try tensors.check(keys.key(of: .bias), isThere: affine && hasBias, shape: [numFeatures])
    guard tracksRunningStatistics else {
      try tensors.check(keys.key(of: .runningMean), isThere: false, shape: [numFeatures])
      return self
    }
    guard let site else {
      throw CheckpointError(
        .missingOperand, "the state dict has no BatchNorm of this name, which the model needs",
        advice: "use a checkpoint of this model")
    }
    guard site.features == numFeatures else {
      throw .shape("it has running statistics of \(site.features) features, not \(numFeatures)")
    }
    var adapted = self
    if site.layout.buffers == .rows {
      adapted.worldSize = site.devicesThatRun
      if layout.buffers != .rows || site.layout != .replicated {
        adapted.layout =
          layout.slices == .interleaved ? site.layout.interleaved : site.layout
      }
    } else if layouts.contains(site.layout) || !layout.keepsAll(of: site.layout) {
      (adapted.layout, adapted.worldSize) = (site.layout, 1)
    }
    return adapted
  }
}

/// The tensors of one module in a state dict.
struct ModuleTensors {
  let name: String
  let stateDict: StateDict

  /// The full key of `weight`, `running_mean` and so on.
  func key(_ last: String) -> String { name.isEmpty ? last : "\(name).\(last)" }

  func check(_ last: String, isThere: Bool, shape: [Int]) throws(CheckpointError) {
    let tensor = stateDict[key(last)]
    guard isThere else {
      if tensor == nil { return }
      throw CheckpointError(
        .unexpectedLayout, name: key(last), "the model's BatchNorm has no such tensor",
        advice: "use a checkpoint of this model")
    }
    guard let tensor else {
      throw .noTensor(key(last), in: stateDict, neededBy: "the model")
    }
    guard tensor.shape == shape else {
      throw CheckpointError.shape("its shape is \(tensor.shape), not \(shape)")
        .with(name: key(last))
    }
  }
}
