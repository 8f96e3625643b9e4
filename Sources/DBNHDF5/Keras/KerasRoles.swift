internal import DBNTensors

/// The role of each variable of a layer in PyTorch, in order.
///
/// A variable gets a role only if the class of the layer is known, or if types and shapes leave no
/// other reading: a wrong role would silently rename a weight and permute its axes.
enum KerasRoles {
  case known([KerasRole], KerasClass)
  case unknown(String)

  init(_ layer: KerasLayer) {
    switch layer.kind {
    case .known(let kind): self.init(layer, as: kind)
    case .other(let name):
      self = .unknown(
        "is a weight of the class \(name.visible()), and PyTorch has no module with the same weights"
      )
    case .foreign(let name):
      self = .unknown(
        "is a weight of the class \(name.visible()), which is not one of Keras' own: only "
          + "the code of the model says what its weights are")
    case .unknown:
      switch Self.inferredClass(of: layer) {
      case .success(let kind): self.init(layer, as: kind)
      case .failure(let reason): self = .unknown(reason.text)
      }
    }
  }

  private init(_ layer: KerasLayer, as kind: KerasClass) {
    switch layer.isNumbered
      ? Self.numberedVariables(of: layer, kind) : Self.namedVariables(of: layer, kind)
    {
    case .failure(let reason): self = .unknown(reason.text)
    case .success(let variables):
      // Sorted by role in the order of the class, whatever the file's order.
      let tensors = kind.variables.compactMap { wanted -> (role: KerasRole, tensor: Tensor)? in
        zip(variables, layer.variables).first { $0.0.names == wanted.names }
          .map { ($0.0.role, $0.1.tensor) }
      }
      let areAlike = zip(variables, layer.variables).allSatisfy { variable, found in
        tensors.contains { $0.role == variable.role && $0.tensor.shape == found.tensor.shape }
      }
      if !areAlike {
        self = .unknown("its layer has two weights of this name")
      } else if let objection = Self.objection(to: layer, as: kind) ?? kind.objection(to: tensors) {
        self = .unknown(objection)
      } else {
        self = .known(variables.map(\.role), kind)
      }
    }
  }

  /// Why a layer computes something else than PyTorch's module with its weights.
  private static func objection(to layer: KerasLayer, as kind: KerasClass) -> String? {
    if layer.configuration?.hasTheanoKernel ?? false {
      return "its kernel has the order of axes of Theano, which also flips kernels"
    }
    guard case .recurrence(let recurrence) = kind else { return nil }
    return recurrence.objection(to: layer.configuration, hasBias: layer.variables.count > 2)
  }

  /// Why the roles are unknown.
  private struct Reason: Error {
    let text: String

    init(_ text: String) { self.text = text }
  }

  private typealias Variables = Result<[KerasClass.Variable], Reason>

  private static func namedVariables(of layer: KerasLayer, _ kind: KerasClass) -> Variables {
    var variables: [KerasClass.Variable] = []
    for variable in layer.variables {
      guard let known = kind.variables.first(where: { $0.names.contains(variable.role) }) else {
        return .failure(
          Reason(
            "its layer also has '\(variable.role.visible())', which PyTorch's module does not have")
        )
      }
      variables.append(known)
    }
    let missing = kind.variables.first { wanted in
      wanted.isRequired && !variables.contains { $0.names == wanted.names }
    }
    guard let missing else { return .success(variables) }
    return .failure(Reason("its layer has no '\(missing.names[0])'"))
  }

  /// The variables of a class in the order in which its layers create them.
  private static func numberedVariables(of layer: KerasLayer, _ kind: KerasClass) -> Variables {
    let count = layer.variables.count
    let all = kind.variables.filter { variable in
      guard let configuration = layer.configuration else { return true }
      return (variable.names != [KerasVariableName.gamma] || configuration.hasScale)
        && (variable.names != [KerasVariableName.beta] || configuration.hasCenter)
    }
    let required = all.filter(\.isRequired)
    if count == all.count { return .success(all) }
    // Either the single optional variable, which comes last, is missing, or both of two are.
    if count == required.count, !required.isEmpty { return .success(required) }
    if required.count < count, count < all.count {
      return .failure(
        Reason("either scale or offset is missing, and the file does not say which"))
    }
    return .failure(Reason("its layer has \(count) variables, which does not fit its class"))
  }
}

extension KerasRoles {
  /// The class of a layer, inferred from its variables alone.
  private static func inferredClass(of layer: KerasLayer) -> Result<KerasClass, Reason> {
    let tensors = layer.variables.map(\.tensor)
    let kernelAndBias = layer.isNumbered ? tensors : layer.kernelAndBias
    if layer.isNumbered {
      let areVectors = tensors.allSatisfy { $0.shape.count == 1 && $0.shape == tensors[0].shape }
      if areVectors, tensors.count == 4 { return .success(.batchNormalization) }
    } else if let kind = named(layer.variables.map(\.role), tensors) {
      return .success(kind)
    }
    guard let kernelAndBias else {
      return .failure(
        Reason("the file does not say the class of its layer, and its variables do not show it"))
    }
    return inferredClass(kernelAndBias)
  }

  /// The class whose variables alone have these names.
  private static func named(_ roles: [String], _ tensors: [Tensor]) -> KerasClass? {
    let dimensions = (tensors.first?.shape.count ?? 0) - 2
    if roles.contains(KerasVariableName.movingMean),
      roles.contains(KerasVariableName.movingVariance)
    {
      return .batchNormalization
    }
    if Set(roles).isSubset(of: [KerasVariableName.gamma, KerasVariableName.beta]) {
      return .layerNormalization
    }
    if roles == [KerasVariableName.embeddings] { return .embedding }
    guard 1...2 ~= dimensions, roles.contains(KerasVariableName.depthwiseKernel) else { return nil }
    return roles.contains(KerasVariableName.pointwiseKernel)
      ? .separableConvolution(dimensions) : .depthwiseConvolution(dimensions)
  }

  /// The class of a kernel with a bias, which has an element for each output.
  ///
  /// Without a bias it could be anything with as many axes; and a kernel with three axes could
  /// belong to a one-dimensional convolution or to an attention's output, which has the same bias.
  private static func inferredClass(_ tensors: [Tensor]) -> Result<KerasClass, Reason> {
    guard tensors.count == 2, let outputs = tensors[0].shape.last,
      tensors.allSatisfy(\.scalarType.isFloatingPoint),
      tensors[0].scalarType == tensors[1].scalarType, tensors[1].shape.count == 1
    else {
      return .failure(
        Reason("the file does not say the class of its layer, and types and shapes do not show it"))
    }
    let (shape, bias) = (tensors[0].shape, tensors[1].shape[0])
    let dimensions = shape.count - 2
    switch dimensions {
    case 0 where bias == outputs: return .success(.dense)
    case 2...3:
      let inputs = shape[dimensions]
      let isPlain = bias == outputs || bias == inputs
      let isDepthwise = dimensions == 2 && bias == shape.depthwiseOutputs
      guard !isPlain || !isDepthwise || inputs == 1 else { break }
      if bias == outputs { return .success(.convolution(dimensions)) }
      if bias == inputs { return .success(.transposedConvolution(dimensions)) }
      if isDepthwise { return .success(.depthwiseConvolution(dimensions)) }
    default: break
    }
    return .failure(
      Reason("the file does not say its layer's class, and its shapes fit several classes or none"))
  }
}
