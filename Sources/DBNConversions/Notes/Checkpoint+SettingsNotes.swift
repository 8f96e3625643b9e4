public import DBNBatchNorm
public import DBNTensors

extension Checkpoint {
  /// The arguments that modules need for loading the result, if they differ from the defaults: one
  /// sentence for each pair of settings.
  ///
  /// - Parameter layout: the layout of the BatchNorms; for Keras' layouts, the defaults are Keras'.
  public func settingsNotes(_ layout: BatchNormLayout = .standard) -> [Guidance] {
    let library: Library =
      switch layout.family {
      case .keras: .keras
      case .pyTorch: .pyTorch
      }
    var counts: [(settings: BatchNormSettings, count: Int)] = []
    for (_, settings) in batchNormSettings.entries where settings.contradicts(library.defaults) {
      if let index = counts.firstIndex(where: { $0.settings == settings }) {
        counts[index].count += 1
      } else {
        counts.append((settings, 1))
      }
    }
    return counts.map { Guidance(library.note($0.settings, count: $0.count)) }
  }
}

/// A library with BatchNorms, and its notation for their settings.
private enum Library: String {
  case pyTorch = "PyTorch"
  case keras = "Keras"

  var defaults: BatchNormSettings { self == .keras ? .kerasDefault : .pyTorchDefault }

  private var epsilonName: String { self == .keras ? "epsilon" : "eps" }

  private func text(_ momentum: BatchNormSettings.Momentum) -> String {
    guard let value = momentum.value else { return "None" }
    return self == .keras ? "\(1 - value)" : "\(value)"
  }

  /// "2 BatchNorms have epsilon 0.001; PyTorch's default is 1e-05: make them with eps=0.001 (and
  /// momentum=0.01)".
  func note(_ settings: BatchNormSettings, count: Int) -> String {
    let start = count == 1 ? "1 BatchNorm has" : "\(count) BatchNorms have"
    let them = count == 1 ? "it" : "them"
    let momentum = settings.momentum.map(text)
    guard let epsilon = settings.epsilon, epsilon != defaults.epsilon else {
      return "\(start) momentum \(momentum ?? ""); \(rawValue)'s default is "
        + "\(defaults.momentum.map(text) ?? ""): create \(them) with momentum=\(momentum ?? "")"
    }
    let also =
      settings.momentum == nil || settings.momentum == defaults.momentum
      ? "" : " (and momentum=\(momentum ?? ""))"
    return "\(start) epsilon \(epsilon); \(rawValue)'s default is \(defaults.epsilon ?? 0): create "
      + "\(them) with \(epsilonName)=\(epsilon)\(also)"
  }
}
