internal import DBNTensors

extension StatedVariables {
  /// What a model's configuration states about the layers of a Keras file that numbers variables: only
  /// `scale` and `center` of a BatchNormalization show which of three variables is which.
  ///
  /// Nothing is stated about layers that the configuration does not list, or whose variables do not
  /// fit it, and about classes that are not Keras' own.
  init(keras stateDict: StateDict) {
    self.init()
    for layer in KerasLayer.layers(of: stateDict)
    where layer.isNumbered && layer.configuration != nil {
      switch (layer.kind, KerasRoles(layer)) {
      case (.known(.batchNormalization), .known(let roles, _)):
        self[layer.key] = roles.compactMap { BatchNormQuantity(rawValue: $0.name) }
      case (.known(.batchNormalization), .unknown), (.foreign, _), (.unknown, _): break
      case (.known, _), (.other, _): self[layer.key] = []
      }
    }
  }
}
