public import DBNTensors

extension KerasNames {
  /// Gives the weights of PyTorch's modules the names and axes of a Keras file: the inverse of
  /// `converting`. HDF5 files that are written of the result are such that Keras' `load_weights`
  /// loads them.
  ///
  /// A weight that the state dict has under the Keras file's own name stays as it is. A variable that
  /// PyTorch has nothing for, such as the state of a random generator, is the Keras file's, which the
  /// report says.
  ///
  /// - Returns: the weights in the Keras file's order, and a report of what is not among them.
  /// - Throws: `missingWeight` if the state dict lacks one of Keras' weights; `inconsistentTensor` for
  ///   another shape; `cannotBeWritten` for a weight or bias that Keras' layer does not have, unless
  ///   it changes nothing.
  public static func restoring(
    _ stateDict: StateDict, like template: KerasTemplate
  ) throws(CheckpointError) -> (stateDict: StateDict, report: ConversionReport) {
    var restored: [String: Tensor] = [:]
    var used: Set<CheckpointDictionary.Key> = []
    var report = ConversionReport()
    for found in KerasLayer.layers(of: template.stateDict) {
      let layer = try found.completed(from: stateDict)
      let roles = KerasRoles(layer)
      for (index, variable) in layer.variables.enumerated() {
        if let own = stateDict[variable.name], own.shape == variable.tensor.shape {
          used.insert(.string(variable.name))
          restored[variable.name] = own
        } else if case .known(let known, _) = roles {
          restored[variable.name] = try restore(variable, known[index], layer, stateDict, &used)
        } else {
          restored[variable.name] = try keep(variable, of: layer, stateDict, &report)
        }
      }
    }
    try refuseLosses(stateDict, used, &report)
    var result = CheckpointDictionary(.orderedDict)
    for (name, _) in template.stateDict.tensors {
      if let tensor = restored[name] { result.set(.string(name), to: .tensor(tensor)) }
    }
    report.converted = result.entries.compactMap(\.key.string)
    result.attributes = template.stateDict.dictionary.attributes
    result.attributes.append((KerasStructure.attribute, template.structure.value))
    return (StateDict(result) ?? stateDict, report)
  }

  /// The Keras file's own value of a variable that PyTorch has nothing for.
  private static func keep(
    _ variable: KerasLayer.Variable, of layer: KerasLayer, _ stateDict: StateDict,
    _ report: inout ConversionReport
  ) throws(CheckpointError) -> Tensor {
    guard !stateDict.names.contains(where: { $0.hasPrefix("\(layer.name).") }) else {
      throw CheckpointError(
        .missingWeight, name: variable.name,
        "it is not certain which tensor of '\(layer.name.visible())' this weight of Keras is",
        advice: "give a .h5 of the whole model, which says what its layers are")
    }
    report.notes.append(
      "'\(variable.name.visible())' is not in the state dict: it has the values of the Keras file")
    return variable.tensor
  }

  private static func restore(
    _ variable: KerasLayer.Variable, _ role: KerasRole, _ layer: KerasLayer,
    _ stateDict: StateDict, _ used: inout Set<CheckpointDictionary.Key>
  ) throws(CheckpointError) -> Tensor {
    let suffix = layer.isReverse ? "_reverse" : ""
    var names: [String] = []
    let tensor: Tensor?
    do throws(CheckpointError) {
      tensor = try role.variable(shape: variable.tensor.shape) { name in
        names.append("\(layer.name).\(name)\(suffix)")
        return stateDict[names[names.count - 1]]
      }
    } catch {
      throw error.with(name: names.last)
    }
    guard let tensor else {
      throw CheckpointError(
        .missingWeight, name: names.last,
        "the state dict has no such tensor, and the Keras file has '\(variable.name.visible())'",
        advice: "rename the tensors to the layers' names, or give a file of the same model")
    }
    used.formUnion(names.map { .string($0) })
    return tensor
  }

  /// Reports what Keras' layers have no place for, and refuses it if the model would compute
  /// something else without it.
  private static func refuseLosses(
    _ stateDict: StateDict, _ used: Set<CheckpointDictionary.Key>, _ report: inout ConversionReport
  ) throws(CheckpointError) {
    for entry in stateDict.dictionary.entries where !used.contains(entry.key) {
      let name = entry.key.description
      if name.hasSuffix(BatchNormQuantity.numBatchesTracked.rawValue) {
        report.skipped.append(.init(name, "Keras does not count batches"))
        continue
      }
      if KerasFile.isOfOptimizer(name.split(separator: ".")) {
        report.skipped.append(
          .init(name, "is of the optimizer, which a file of weights does not have"))
        continue
      }
      let neutral: Double? = name.hasSuffix(".weight") ? 1 : name.hasSuffix(".bias") ? 0 : nil
      guard let neutral, let tensor = entry.value.tensor, try tensor.isVector(of: neutral) else {
        if let neutral, hasLayer(of: name, used) {
          throw CheckpointError(
            .cannotBeWritten, name: name,
            "the layer of the Keras file has no place for it, and it is not \(Int(neutral)) "
              + "everywhere, so Keras' model would compute something else",
            advice: "give a file of a model whose layer has it (BatchNormalization: scale=True, "
              + "center=True; others: use_bias=True)")
        }
        throw CheckpointError(
          .cannotBeWritten, name: name, "the Keras file has no weight for it",
          advice: "give a file of the same model, or write only its weights with \(.stateDictOnly)")
      }
      report.skipped.append(.init(name, "Keras' layer does not have it, and it changes nothing"))
    }
  }
}

extension KerasNames {
  /// Whether a tensor of the same module has a place in the Keras file.
  private static func hasLayer(of name: String, _ used: Set<CheckpointDictionary.Key>) -> Bool {
    let module = name.split(separator: ".").dropLast().joined(separator: ".") + "."
    return used.contains { $0.string?.hasPrefix(module) == true }
  }
}

extension KerasLayer {
  /// The layer with what the state dict shows of it: a BatchNormalization with three numbered
  /// variables has either a scale or an offset, and the other changes nothing in PyTorch's module.
  fileprivate func completed(from stateDict: StateDict) throws(CheckpointError) -> KerasLayer {
    guard case .known(.batchNormalization) = kind, configuration == nil, isNumbered,
      variables.count == 3
    else { return self }
    let needsScale = try !(stateDict["\(name).weight"]?.isVector(of: 1) ?? true)
    let needsOffset = try !(stateDict["\(name).bias"]?.isVector(of: 0) ?? true)
    guard needsScale != needsOffset else { return self }
    var found = KerasConfiguration.Layer()
    (found.hasScale, found.hasCenter) = (needsScale, needsOffset)
    return with(found)
  }
}

extension Tensor {
  /// Whether it has one dimension and all elements are equal to a number.
  fileprivate func isVector(of number: Double) throws(CheckpointError) -> Bool {
    guard shape.count == 1, scalarType.isFloatingPoint else { return false }
    return try doubles().allSatisfy { $0 == number }
  }
}
