import Execution
import Tensors
import Verification

extension VerificationResult {
  /// The document of `verify --json`.
  var json: JSON {
    [
      "equal": .bool(isEqual), "bit_identical": .bool(isBitIdentical),
      "max_abs": .double(maxAbsolute), "max_ulp": .int(maxULP), "mode": .string(mode.rawValue),
      "model": model.map { .string($0) } ?? .null, "samples": .int(samples),
      "first_divergence": firstDivergence.flatMap(\.json) ?? .null,
      "layers": .array(
        layers.map { layer in
          [
            "name": .string(layer.name), "max_abs": .double(layer.comparison.maxAbsolute),
            "max_ulp": .int(layer.comparison.maxULP),
          ]
        }),
      "other_tensors": [
        "compared": .int(otherTensors),
        "different": .array(
          differentTensors.map { ["name": .string($0.name), "why": .string($0.reason)] }),
      ],
    ]
  }

  /// The same for a person.
  func text(layers listsLayers: Bool, separator: String = "\n") -> String {
    var lines: [String] = []
    if listsLayers {
      lines += layers.map { layer in
        "\(layer.name.moduleName): max abs \(layer.comparison.maxAbsolute), "
          + "max ulp \(layer.comparison.maxULP)"
      }
    }
    for tensor in differentTensors.prefix(listsLayers ? .max : 5) {
      lines.append("\(tensor.name.visible()): \(tensor.reason)")
    }
    if let layer = firstDivergence, let divergence = layer.divergence {
      lines.append("first divergence: \(divergence.text(in: layer.name))")
    }
    return (lines + [summary]).joined(separator: separator)
  }

  private var summary: String {
    let things = model == nil ? "BatchNorm" : "layer"
    let place = model.map { " of \($0)" } ?? ""
    var scope =
      "\(counted(layers.count, things))\(place), batch of \(samples), "
      + "mode \(mode.rawValue)"
    if otherTensors > 0 { scope += "; \(counted(otherTensors, "other tensor")) compared" }
    if isBitIdentical { return "equal, bit-identical: \(scope)" }
    let distance = "max abs \(maxAbsolute), max ulp \(maxULP)"
    if isEqual { return "equal within the tolerance (\(distance)): \(scope)" }
    let wrong = layers.count { $0.divergence != nil }
    return "different in \(counted(wrong, things)) and "
      + "\(counted(differentTensors.count, "other tensor")) (\(distance)): \(scope)"
  }
}

extension VerificationResult.Layer {
  fileprivate var json: JSON? {
    divergence.map { divergence in
      [
        "name": .string(name), "quantity": .string(divergence.quantity),
        "device": divergence.device.map { .int($0) } ?? .null,
        "index": .array(divergence.index.map { .int($0) }), "a": .double(divergence.a),
        "b": .double(divergence.b),
      ]
    }
  }
}

extension VerificationResult.Divergence {
  fileprivate func text(in layer: String) -> String {
    let place = device.map { " of device \($0)" } ?? ""
    return "\(layer.moduleName), \(quantity)\(place) at \(index): \(a) and \(b)"
  }
}
