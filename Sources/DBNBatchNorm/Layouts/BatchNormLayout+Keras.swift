import DBNTensors

/// Standard BatchNorms under Keras' names, without a batch counter: one layout, spelled as each
/// kind of file names its variables.
extension BatchNormLayout {
  /// Whole models of Keras 3, `.h5`.
  public static let keras = keras("keras")

  /// Files of Keras 2, in which TensorFlow appends the output number of an operation.
  public static let keras2 = keras("keras-2", suffix: ":0")

  /// Keras 3 `.weights.h5` files, which number a layer's variables.
  public static let kerasVariables = kerasNumbered[0]

  /// With all four variables, or with neither `scale` nor `center`: the remaining two look like
  /// LayerNorm's. With only one of them, its number does not show which one it is.
  ///
  /// Source: `BatchNormalization.build` and `saving_lib._save_state` of Keras.
  static let kerasNumbered = [
    numbered("keras-vars", [.weight, .bias, .runningMean, .runningVar]),
    numbered("keras-vars-bare", [.runningMean, .runningVar], of: "batch_normalization"),
    numbered("keras-vars-scale", [.weight, .runningMean, .runningVar]),
    numbered("keras-vars-center", [.bias, .runningMean, .runningVar]),
  ]

  /// This layout for a BatchNorm with exactly these quantities, on which the numbering depends.
  func fitting(_ quantities: Set<BatchNormQuantity>) -> BatchNormLayout {
    guard let numbering else { return self }
    let kept = quantities.intersection([.weight, .bias, .runningMean, .runningVar])
    return Self.kerasNumbered.first {
      $0.numbering?.group == numbering.group && Set($0.numbering?.quantities ?? []) == kept
    } ?? self
  }

  private static func keras(_ name: String, suffix: String = "") -> Self {
    let tensors = BatchNormQuantity.allCases.compactMap { quantity in
      quantity.kerasName.map { (quantity, TensorPlacement(shared: $0 + suffix)) }
    }
    return Self(
      description: "keras", name: name, family: .keras,
      tensors: Dictionary(uniqueKeysWithValues: tensors))
  }

  private static func numbered(
    _ name: String, _ quantities: [BatchNormQuantity], of module: String? = nil
  ) -> Self {
    let numbering = VariableNumbering(
      group: "vars", quantities: quantities, module: module,
      otherModules: ["layer_normalization", "group_normalization"])
    return Self(
      description: "keras", name: name, family: .keras, tensors: numbering.tensors,
      numbering: numbering)
  }
}
