public import DBNBatchNorm
public import DBNTensors

extension Architecture {
  /// The model that these tensors belong to, recognised by their names and shapes, with as many
  /// classes as the last layer has.
  ///
  /// BatchNorms may be in any layout, with buffers of any shape: they don't affect which
  /// architecture it is. State dicts of version 1, which lack counters, are recognised too, and those
  /// with auxiliary heads.
  ///
  /// - Parameter layouts: more layouts that BatchNorms may be in, tried before the known ones.
  /// - Returns: nil if it is no known architecture.
  public static func recognise(
    _ stateDict: StateDict, layouts: [BatchNormLayout] = []
  ) -> Checkpoint.Model? {
    for architecture in all {
      guard let classes = architecture.classes(in: stateDict),
        let count = architecture(classes: classes).tensorCount(in: stateDict, layouts),
        stateDict.tensors.count(where: { !architecture.isAuxiliary($0.name) }) <= count
      else { continue }
      return architecture.model(for: stateDict)
    }
    return nil
  }
}

extension Architecture {
  /// The size of the last layer in a state dict of the model.
  func classes(in stateDict: StateDict) -> Int? {
    self().parameters.last.flatMap { stateDict[$0.key]?.shape.first }
  }
}

extension Graph {
  /// How many tensors a state dict of the model may have, with its BatchNorms in any layout; nil if a
  /// tensor of the model is missing.
  fileprivate func tensorCount(
    in stateDict: StateDict, _ layouts: [BatchNormLayout]
  ) -> Int? {
    var norms: [String: NormModule] = [:]
    for node in nodes {
      if let batchNorm = node.operation.batchNorm {
        norms[batchNorm.module] = batchNorm.norm
      }
    }
    let ofNorms = Set(norms.flatMap { name, norm in norm.tensors.map { "\(name).\($0.key)" } })
    for parameter in parameters where !ofNorms.contains(parameter.key) {
      guard stateDict[parameter.key]?.shape == parameter.shape else { return nil }
    }
    var others = 0
    for (name, norm) in norms {
      guard let count = norm.tensorCount(named: name, in: stateDict, layouts) else { return nil }
      others += count - norm.tensors.count
    }
    return parameters.count + others
  }
}

extension NormModule {
  /// How many tensors a BatchNorm of the state dict may have, in any layout; nil if there is no
  /// such BatchNorm.
  fileprivate func tensorCount(
    named name: String, in stateDict: StateDict, _ layouts: [BatchNormLayout]
  ) -> Int? {
    let isThere = tensors.allSatisfy { tensor in
      guard let found = stateDict["\(name).\(tensor.key)"] else {
        return tensor.quantity.isCounter
      }
      return tensor.quantity.isBuffer || found.shape == tensor.shape
    }
    if isThere { return tensors.count }
    let site = try? BatchNormSite.find(
      name, features: numFeatures, in: stateDict, layouts: layouts)
    guard let site,
      tensors.allSatisfy({ $0.quantity.isCounter || site.quantities.contains($0.quantity) })
    else { return nil }
    return site.keys.count
  }
}
