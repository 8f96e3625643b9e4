import DBNTensors

extension BatchNormLayout {
  /// The layouts that names and shapes identify, the most specific first: distributed layouts,
  /// whose shared statistics may look like a standard BatchNorm's, in descending number of tensors,
  /// and then the others.
  static let recognisable: [BatchNormLayout] = {
    let layouts = all.filter { $0.isRecognisable && !undecided.contains($0) }
    let devices = layouts.filter { $0.buffers == .rows }.sorted {
      $0.siteTensors(worldSize: 2).count > $1.siteTensors(worldSize: 2).count
    }
    return devices + layouts.filter { $0.buffers == .shared }
  }()

  /// Numbered layouts that look like one another, so that the user has to name the right one.
  static let undecided = numbered.filter { layout in
    numbered.count { $0.variableCount == layout.variableCount } > 1
  }

  private static let numbered = all.filter { $0.numbering != nil }

  private var variableCount: Int? { numbering?.quantities.count }

  /// `bn1` for `bn1.running_mean`, the empty name for `running_mean`, nil for keys that are not
  /// this layout's running mean.
  func moduleName(of key: String) -> String? {
    guard let mean = meanKey else { return nil }
    if key == mean { return "" }
    return key.hasSuffix("." + mean) ? String(key.dropLast(mean.count + 1)) : nil
  }

  /// The key that identifies a BatchNorm: the running mean's.
  private var meanKey: String? {
    tensors[.runningMean].flatMap { $0.shared ?? $0.devices?.key }
  }

  /// The BatchNorm with this name, if it is in this layout.
  ///
  /// - Parameter hint: what the user stated; then the BatchNorm must be in this layout.
  /// - Throws: `unexpectedLayout` when its tensors don't fit each other.
  func site(
    named name: String, in stateDict: StateDict, hint: BatchNormSurvey.Hint? = nil
  ) throws(CheckpointError) -> BatchNormSite? {
    let module = ModuleTensors(name: name, stateDict: stateDict)
    if let numbering {
      guard hint != nil || numbering.isName(name), numbering.areVariables(of: module) else {
        return nil
      }
    }
    guard let size = size(of: module, hint) else { return nil }
    // A file can declare 2^40 devices with no features.
    guard (1...StateDict.worldSizeLimit).contains(size.worldSize) else { return nil }
    let expected = siteTensors(worldSize: size.worldSize)
    let found = expected.filter { module[$0.key] != nil }
    let counters = expected.filter(\.quantity.isCounter)
    let hasCounter = found.contains(where: \.quantity.isCounter)
    // A standard BatchNorm with weights and without a counter is a frozen one.
    let looksFrozen =
      !hasCounter && !module.isUnreadable(BatchNormQuantity.numBatchesTracked.rawValue)
      && [.weight, .bias].allSatisfy { module[Self.standard.key(of: $0)] != nil }
    if (self == .standard && looksFrozen) || (self == .frozen && !looksFrozen) { return nil }
    for tensor in expected {
      try check(tensor, module, size, mayBeMissing: tensor.quantity.mayBeMissing)
    }
    guard !hasCounter || counters.allSatisfy({ module[$0.key] != nil }) else {
      throw .unrecognised(name, "some of its counters are missing")
    }
    return BatchNormSite(
      name: name, layout: self, features: size.features, worldSize: size.worldSize,
      isAffine: found.contains { $0.quantity == .weight }, hasCounter: hasCounter, tensors: found)
  }

  private typealias Size = (features: Int, worldSize: Int)

  /// C and V, from the shapes of the running means and the other tensors; nil if the shapes don't
  /// fit this layout.
  private func size(of module: ModuleTensors, _ hint: BatchNormSurvey.Hint?) -> Size? {
    guard let placement = tensors[.runningMean] else { return nil }
    let shared = placement.shared.flatMap { module[$0]?.shape }
    if placement.shared != nil, shared?.count != 1 { return nil }
    guard let devices = placement.devices else {
      return shared.map { ($0[0], 1) }
    }
    if devices.form == .each {
      let others = (0..<StateDict.worldSizeLimit).prefix { module[devices.key($0)] != nil }.count
      return others == 0 ? nil : shared.map { ($0[0], others + 1) }
    }
    guard let shape = module[devices.key]?.shape else { return nil }
    if devices.form == .rows { return shape.count == 2 ? (shape[1], shape[0]) : nil }
    guard shape.count == 1 else { return nil }
    // Shared tensors have their own names, so one device can be distinguished from none.
    if let features = shared?[0] {
      return joinedSize(shape[0], features: features, worldSize: nil, least: 1)
    }
    return joinedSize(
      shape[0], features: weightCount(module) ?? hint?.features, worldSize: hint?.worldSize,
      least: hint?.worldSize == 1 ? 1 : 2)
  }

  private func weightCount(_ module: ModuleTensors) -> Int? {
    tensors[.weight]?.shared.flatMap { module[$0]?.shape.first }
  }

  /// C and V from a length of V * C, where one of the two is known.
  private func joinedSize(
    _ count: Int, features: Int?, worldSize: Int?, least: Int
  ) -> Size? {
    if let features {
      guard features > 0, count.isMultiple(of: features), count / features >= least else {
        return nil
      }
      return (features, count / features)
    }
    guard let worldSize, worldSize > 0, count.isMultiple(of: worldSize) else { return nil }
    return (count / worldSize, worldSize)
  }

  /// - Throws: `unexpectedLayout` for a tensor that is missing or has the wrong shape or type.
  private func check(
    _ tensor: SiteTensor, _ module: ModuleTensors, _ size: Size, mayBeMissing: Bool
  ) throws(CheckpointError) {
    guard let found = module[tensor.key] else {
      if mayBeMissing, !module.isUnreadable(tensor.key) { return }
      throw .unrecognised(module.name, module.whyNoTensor(tensor.key))
    }
    let shape = shape(of: tensor, size)
    guard found.shape == shape || (shape.isEmpty && found.isVectorForScalar) else {
      throw .unrecognised(
        module.name,
        "\(tensor.key) has the shape \(found.shape), where \(size.features) features need "
          + "\(shape)")
    }
    guard tensor.quantity == .runningVar,
      let mean = tensors[.runningMean]?.shared ?? tensors[.runningMean]?.devices?.key,
      let type = module[mean]?.scalarType, type != found.scalarType
    else { return }
    throw .unrecognised(
      module.name, "\(mean) is \(type.name), \(tensor.key) is \(found.scalarType.name)")
  }

  /// The on-disk shape of a tensor.
  private func shape(of tensor: SiteTensor, _ size: Size) -> [Int] {
    let row = tensor.quantity.isCounter ? [] : [size.features]
    guard tensor.part == .devices, let form = tensors[tensor.quantity]?.devices?.form else {
      return row
    }
    switch form {
    case .rows: return [size.worldSize] + row
    case .joined: return [size.worldSize * (row.first ?? 1)]
    case .each, .single: return row
    }
  }
}

extension BatchNormQuantity {
  /// True for weights and biases, which BatchNorms without affine parameters lack, and for
  /// counters, which old state dicts lack.
  fileprivate var mayBeMissing: Bool { self != .runningMean && self != .runningVar }
}

extension VariableNumbering {
  /// Whether a module has exactly these variables, all of them vectors of the same length.
  func areVariables(of module: ModuleTensors) -> Bool {
    let shapes = quantities.indices.map { module[key($0)]?.shape }
    return module[key(quantities.count)] == nil
      && shapes.allSatisfy { $0?.count == 1 && $0 == shapes[0] }
  }
}

/// The tensors of one module of a state dict.
struct ModuleTensors {
  let name: String
  let stateDict: StateDict

  subscript(key: String) -> Tensor? { stateDict[fullKey(key)] }

  func isUnreadable(_ key: String) -> Bool { stateDict.isUnreadable(fullKey(key)) }

  /// Why there is no tensor under the key, as a sentence.
  func whyNoTensor(_ key: String) -> String {
    "\(key) \(stateDict.whyNoTensor(fullKey(key)))"
  }

  private func fullKey(_ key: String) -> String { name.isEmpty ? key : "\(name).\(key)" }
}

extension CheckpointError {
  fileprivate static func unrecognised(_ name: String, _ reason: String) -> CheckpointError {
    CheckpointError(.unexpectedLayout, name: name, reason)
  }
}
