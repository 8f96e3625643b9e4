public import DBNTensors

extension Architecture {
  /// The model for a state dict: with as many classes as its last layer has, and with notes on what
  /// the weights do not show and what the graph leaves out.
  public func model(for stateDict: StateDict) -> Checkpoint.Model {
    let graph = classes(in: stateDict).map { self(classes: $0) } ?? self()
    return Checkpoint.Model(graph: graph, notes: notes + unusedHeads(of: stateDict))
  }

  private func unusedHeads(of stateDict: StateDict) -> [Guidance] {
    let present = auxiliaryHeads.filter { head in
      stateDict.tensors.contains { $0.name.hasPrefix("\(head).") }
    }
    guard !present.isEmpty else { return [] }
    return [
      "the auxiliary heads (\(present.joined(separator: ", "))), which serve training alone, are "
        + "not run; their BatchNorms keep their statistics"
    ]
  }

  /// Whether a tensor of the state dict belongs to a module that the graph does not have.
  func isAuxiliary(_ key: String) -> Bool {
    auxiliaryHeads.contains { key.hasPrefix("\($0).") }
  }
}

extension Guidance {
  /// `transform_input` of GoogLeNet and Inception v3.
  static let withoutTransformInput: Guidance =
    "weights do not show transform_input, which is off here: torchvision turns it on with its "
    + "pretrained weights; run those as a program of torch.export.save"
}
