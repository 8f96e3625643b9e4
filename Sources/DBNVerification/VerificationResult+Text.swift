import DBNBatchNorm
import DBNComparison
import DBNExecution
import DBNModels
import DBNTensors

extension VerificationResult {
  /// The result as readable text: what differs, where first, and what was compared.
  ///
  /// - Parameters:
  ///   - listsLayers: whether every layer and every differing tensor has a line.
  ///   - advice: how to see all of them.
  public func text(
    listsLayers: Bool = false, separator: String = "\n", toListAll advice: String? = nil
  ) -> String {
    lines(listsLayers: listsLayers, toListAll: advice).joined(separator: separator)
  }

  /// The same, line by line.
  public func lines(listsLayers: Bool = false, toListAll advice: String? = nil) -> [String] {
    var lines: [String] = []
    if listsLayers {
      lines += layers.map { layer in
        "\(layer.name.moduleName): max abs \(layer.outputs.maxAbsolute.brief), "
          + "max ulp \(layer.outputs.maxULP)"
      }
    }
    let differences = otherDifferences + differentTensors
    let shown = differences.prefix(listsLayers ? .max : 5)
    for item in shown { lines.append("\(item.name.visible()): \(item.reason)") }
    if shown.count < differences.count {
      lines.append(
        "... and \(differences.count - shown.count) more" + (advice.map { " (\($0))" } ?? ""))
    }
    if let layer = firstDivergence, let divergence = layer.divergence {
      lines.append("first divergence: \(divergence.text(in: layer.name))")
    }
    return lines + [summary] + errorLines + healthLines + settingsLines + scopeLines
  }

  private var summary: String {
    let things = model == nil ? "BatchNorm" : "layer"
    let ofModel = model.map { " of \($0)" } ?? ""
    var scope = "no BatchNorm; \(counted(otherTensors, "tensor")) compared"
    if !layers.isEmpty {
      scope =
        "\(counted(layers.count, things))\(ofModel), batch of \(samples), mode \(mode.text)"
      if otherTensors > 0 { scope += "; \(counted(otherTensors, "other tensor")) compared" }
    }
    if isBitIdentical { return "equal, bit-identical: \(scope)" }
    if isEqual { return "equal within the tolerance (\(distance)): \(scope)" }
    let distance = layers.isEmpty ? "max abs \(otherMaxAbsolute.brief)" : distance
    return "different in \(differences(things)) (\(distance)): \(scope)"
  }

  /// What differs, and how many of each.
  private func differences(_ things: String) -> String {
    let counts = [
      (layers.count { $0.divergence != nil }, things),
      (differentTensors.count, layers.isEmpty ? "tensor" : "other tensor"),
      (otherDifferences.count, "other respect"),
    ]
    return counts.filter { $0.0 > 0 }.map { counted($0.0, $0.1) }.joined(separator: ", ")
  }

  private var distance: String {
    let computed = mode != .evaluation ? "outputs, updated statistics and counters" : "outputs"
    return "\(computed): max abs \(maxAbsolute.brief), max ulp \(maxULP); "
      + "stored numbers: max abs \(stateMaxAbsolute.brief)"
  }

  /// All differences of the outputs together, if there are any.
  private var errorLines: [String] {
    relativeError == 0 ? [] : ["outputs, at worst: \(errors)"]
  }

  /// "relative error 0.00123, cosine similarity 0.999999, signal-to-noise ratio 58.2 dB", of the layer
  /// that is worst in each.
  package var errors: String {
    NumberComparison.text(
      relativeError: relativeError, cosineSimilarity: cosineSimilarity, signalToNoise: signalToNoise
    )
  }

  /// What follows "but": faults in the compared numbers.
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
          + "(\(first.visible())\(impliedTensors.count > 1 ? ", ..." : "")): equal to what a "
          + "missing tensor stands for, weights 1, biases and counters 0")
    }
    guard let first = oneSidedSettings.first else { return lines }
    return lines + [
      "epsilon and momentum of \(counted(oneSidedSettings.count, "BatchNorm")) are stated by only "
        + "one of the two (\(first.moduleName)), and used for both"
    ]
  }

  /// What the verdict covers, unless that is everything in both files.
  private var scopeLines: [String] {
    var lines: [String] = []
    if scope.pairs.count > 1 {
      lines.append("compared: " + scope.pairs.map { "\($0.a)".entryName }.joined(separator: ", "))
    }
    let lists = [
      ("not compared, only in the first", scope.onlyInFirst),
      ("not compared, only in the second", scope.onlyInSecond),
      ("not compared, elsewhere in the first", scope.restOfFirst),
      ("not compared, elsewhere in the second", scope.restOfSecond),
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
  /// The path of an entry in readable form; the root's path is empty.
  fileprivate var entryName: String { isEmpty ? "the root" : visible() }
}

extension VerificationResult.Divergence {
  fileprivate func text(in layer: String) -> String {
    let ofDevice = device.map { " of device \($0)" } ?? ""
    return "\(layer.moduleName), \(quantity)\(ofDevice) at \(index): \(a) and \(b)"
  }
}
