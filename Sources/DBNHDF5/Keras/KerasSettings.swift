internal import DBNTensors

/// The settings of a Keras file's BatchNorms, under their names in the file.
struct KerasSettings {
  private(set) var table = BatchNormSettingsTable()
  /// The number of BatchNorms whose epsilon the file does not have.
  private(set) var unknownCount = 0

  init(_ stateDict: StateDict) {
    for layer in KerasLayer.layers(of: stateDict) {
      guard layer.isBatchNormalization else { continue }
      let settings = BatchNormSettings(keras: layer.configuration)
      if settings != BatchNormSettings() { table[layer.key] = settings }
      if settings.epsilon == nil { unknownCount += 1 }
    }
  }

  var notes: [Guidance] {
    guard unknownCount > 0 else { return [] }
    let (keras, pyTorch) = (
      BatchNormSettings.kerasDefault.epsilon ?? 0, BatchNormSettings.pyTorchDefault.epsilon ?? 0
    )
    return [
      "the file does not say the epsilon of \(unknownCount) BatchNorm\(unknownCount == 1 ? "" : "s"): "
        + "it is likely Keras' default, \(keras), where PyTorch's is \(pyTorch); check the code of "
        + "the model and, if it is, make PyTorch's modules with eps=\(keras)"
    ]
  }
}

extension BatchNormSettings {
  /// - Parameter layer: a BatchNormalization in the configuration of the model. Numbers that are
  ///   invalid for a BatchNorm count as unknown.
  fileprivate init(keras layer: KerasConfiguration.Layer?) {
    self.init()
    if let number = layer?.epsilon, number.isFinite, number >= 0 { epsilon = number }
    if let number = layer?.momentum, (0...1).contains(number) {
      momentum = .exponential(Self.complement(of: number))
    }
  }

  /// 1 minus the number, in decimal arithmetic: 0.01 for 0.99, where the binary difference is
  /// 0.010000000000000009.
  private static func complement(of number: Double) -> Double {
    let exact = 1 - number
    let short = (exact * 1e12).rounded() / 1e12
    return 1 - short == number ? short : exact
  }
}
