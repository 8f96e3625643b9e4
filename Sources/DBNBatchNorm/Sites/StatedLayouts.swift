import DBNTensors

/// The layouts of modules whose variables have numbers, where the file states what they are.
struct StatedLayouts {
  private let stateDict: StateDict
  private let stated: StatedVariables

  init(_ stateDict: StateDict) {
    self.stateDict = stateDict
    stated = StatedVariables(stateDict)
  }

  /// Whether something is stated about a module.
  func includes(_ name: String) -> Bool { stated[name] != nil }

  /// The layout of a BatchNorm; nil if nothing is stated.
  subscript(name: String) -> BatchNormLayout? { stated[name].flatMap(Self.layout) }

  /// Whether a module, which has only numbered variables, is stated not to be a BatchNorm.
  func isOther(_ name: String) -> Bool { stated[name]?.isEmpty ?? false }

  /// How to read the BatchNorms, by module name.
  var hints: [String: BatchNormSurvey.Hint] {
    var hints: [String: BatchNormSurvey.Hint] = [:]
    for module in stated.modules {
      if let layout = Self.layout(of: module.quantities) { hints[module.name] = .init(layout) }
    }
    return hints
  }

  /// The BatchNorms that fit a layout which the user named, but are stated to be in another, in the
  /// state dict's order.
  func contradictions(to chosen: BatchNormLayout) -> [ConversionReport.Item] {
    guard let numbering = chosen.numbering else { return [] }
    return stated.modules.compactMap { module in
      let found = ModuleTensors(name: module.name, stateDict: stateDict)
      guard let layout = Self.layout(of: module.quantities), layout != chosen,
        numbering.areVariables(of: found)
      else { return nil }
      let names = module.quantities.map(\.rawValue).joined(separator: ", ")
      return .init(
        module.name,
        "the model's configuration in the file says that its variables are \(names), which is not the "
          + "layout \(chosen.name)",
        advice: "leave out \(.sourceLayout(nil)): the configuration says what each layer has")
    }
  }

  private static func layout(of quantities: [BatchNormQuantity]) -> BatchNormLayout? {
    BatchNormLayout.all.first { $0.numbering?.quantities == quantities }
  }
}
