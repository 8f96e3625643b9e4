import BatchNorm
import Comparison
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
            "name": .string(layer.name), "max_abs": .double(layer.outputs.maxAbsolute),
            "max_ulp": .int(layer.outputs.maxULP),
            "state_max_abs": .double(layer.state.maxAbsolute),
          ]
        }),
      "other_tensors": [
        "compared": .int(otherTensors), "max_abs": .double(otherMaxAbsolute),
        "different": items(differentTensors, "why"),
      ],
      "compared": .array(
        scope.pairs.map { ["a": .string("\($0.a)"), "b": .string("\($0.b)")] }),
      "not_compared": [
        "a": items(scope.onlyInFirst + scope.restOfFirst, "what"),
        "b": items(scope.onlyInSecond + scope.restOfSecond, "what"),
      ],
      "notes": .array(notes.map { .string($0) }),
      "implied": .array(impliedTensors.map { .string($0) }),
      "one_sided_settings": .array(oneSidedSettings.map { .string($0) }),
      "health": ["a": healthOfFirst.json, "b": healthOfSecond.json],
    ]
  }

  private func items(_ items: [ConversionReport.Item], _ reason: String) -> JSON {
    .array(
      items.map { .object([.init("name", .string($0.name)), .init(reason, .string($0.reason))]) })
  }

  /// The same for a person.
  func text(layers listsLayers: Bool, separator: String = "\n") -> String {
    var lines: [String] = []
    if listsLayers {
      lines += layers.map { layer in
        "\(layer.name.moduleName): max abs \(layer.outputs.maxAbsolute), "
          + "max ulp \(layer.outputs.maxULP)"
      }
    }
    let shown = differentTensors.prefix(listsLayers ? .max : 5)
    for tensor in shown { lines.append("\(tensor.name.visible()): \(tensor.reason)") }
    if shown.count < differentTensors.count {
      lines.append("... and \(differentTensors.count - shown.count) more (--layers lists all)")
    }
    if let layer = firstDivergence, let divergence = layer.divergence {
      lines.append("first divergence: \(divergence.text(in: layer.name))")
    }
    return (lines + [summary] + healthLines + settingsLines + scopeLines).joined(
      separator: separator)
  }

  private var summary: String {
    let things = model == nil ? "BatchNorm" : "layer"
    let place = model.map { " of \($0)" } ?? ""
    var scope = "no BatchNorm; \(counted(otherTensors, "tensor")) compared"
    if !layers.isEmpty {
      scope =
        "\(counted(layers.count, things))\(place), batch of \(samples), mode \(mode.rawValue)"
      if otherTensors > 0 { scope += "; \(counted(otherTensors, "other tensor")) compared" }
    }
    if isBitIdentical { return "equal, bit-identical: \(scope)" }
    if isEqual { return "equal within the tolerance (\(distance)): \(scope)" }
    let wrong = layers.count { $0.divergence != nil }
    guard !layers.isEmpty else {
      return
        "different in \(counted(differentTensors.count, "tensor")) (max abs \(otherMaxAbsolute)): "
        + scope
    }
    return "different in \(counted(wrong, things)) and "
      + "\(counted(differentTensors.count, "other tensor")) (\(distance)): \(scope)"
  }

  private var distance: String {
    "outputs: max abs \(maxAbsolute), max ulp \(maxULP); stored numbers: max abs \(stateMaxAbsolute)"
  }

  /// Equal, but...: what of the compared numbers cannot be right.
  private var healthLines: [String] {
    let (first, second) = (healthOfFirst.sentences, healthOfSecond.sentences)
    if first == second { return first.map { "but in both, \($0)" } }
    return first.map { "but in the first, \($0)" } + second.map { "but in the second, \($0)" }
  }

  private var settingsLines: [String] {
    var lines: [String] = []
    if let first = impliedTensors.first {
      lines.append(
        "\(counted(impliedTensors.count, "tensor")) that only one of the two has "
          + "(\(first.visible())\(impliedTensors.count > 1 ? ", ..." : "")): what a missing one means, "
          + "weights 1, biases and counters 0")
    }
    guard let first = oneSidedSettings.first else { return lines }
    return lines + [
      "epsilon and momentum of \(counted(oneSidedSettings.count, "BatchNorm")) are said by one of the "
        + "two alone (\(first.moduleName)), and used for both"
    ]
  }

  /// What the verdict is about where that is not all of two files that are state dicts.
  private var scopeLines: [String] {
    var lines: [String] = []
    if scope.pairs.count > 1 {
      lines.append("compared: " + scope.pairs.map { "\($0.a)".entryName }.joined(separator: ", "))
    }
    let lists = [
      ("not compared, only in the first", scope.onlyInFirst),
      ("not compared, only in the second", scope.onlyInSecond),
      ("not compared, beside it in the first", scope.restOfFirst),
      ("not compared, beside it in the second", scope.restOfSecond),
    ]
    for (title, items) in lists where !items.isEmpty {
      let shown = items.prefix(6).map { "\($0.name.entryName) (\($0.reason))" }
      let more = items.count > shown.count ? " and \(items.count - shown.count) more" : ""
      lines.append("\(title): " + shown.joined(separator: ", ") + more)
    }
    return lines
  }
}

extension String {
  /// The path of an entry as people see it: that of the root is empty.
  fileprivate var entryName: String { isEmpty ? "the root" : visible() }
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
