import DBNBatchNorm
import DBNComparison
import DBNExecution
import DBNModels
import DBNTensors
public import DBNVerification

extension Report {
  /// A report on the results of `verify`, layer by layer.
  ///
  /// - Parameters:
  ///   - a: the first checkpoint; `b` is the second.
  ///   - others: the other files that were read, such as the model's inputs, each with its role.
  public init(
    _ result: VerificationResult, a: ReportedFile, b: ReportedFile,
    others: [(role: String, file: ReportedFile)] = []
  ) {
    let layers = LayerErrors(result)
    page = Page(
      kicker: "Verification", subject: "\(a.path.fileName) and \(b.path.fileName)",
      verdict: result.verdict, figures: result.figures(layers), facts: result.facts(layers),
      sections: layers.sections + result.tensorSections
        + [.files([("first", a), ("second", b)] + others)])
  }

  /// A report on the results of `verify`, of checkpoints that are not files.
  ///
  /// - Parameters:
  ///   - a: the name of the first checkpoint; `b` is that of the second.
  public init(_ result: VerificationResult, a: String, b: String) {
    self.init(result, a: ReportedFile(named: a), b: ReportedFile(named: b))
  }
}

extension VerificationResult {
  fileprivate var verdict: Page.Verdict {
    let isHealthy = healthOfFirst.items.isEmpty && healthOfSecond.items.isEmpty
    if isEqual && !isHealthy {
      return Page.Verdict(
        isBitIdentical
          ? "Equal, bit-identical, but not healthy" : "Equal within the tolerance, but not healthy",
        .neutral)
    }
    if isBitIdentical { return Page.Verdict("Equal, bit-identical", .good) }
    if isEqual { return Page.Verdict("Equal within the tolerance", .good) }
    return Page.Verdict("Different", .bad)
  }

  fileprivate func figures(_ layers: LayerErrors) -> [Page.Figure] {
    let kind = model == nil ? "BatchNorms" : "layers"
    let different = self.layers.count {
      !$0.outputs.isBitIdentical || !$0.state.isBitIdentical || $0.divergence != nil
    }
    return [
      Page.Figure("\(different) of \(self.layers.count)", "\(kind) differ"),
      Page.Figure(maxAbsolute.brief, "largest error of outputs"),
      Page.Figure(maxRelative.brief, "largest error relative to the layer's largest number"),
      Page.Figure(stateMaxAbsolute.brief, "largest difference of stored numbers"),
      Page.Figure(
        firstDivergence?.name.moduleName ?? "nowhere", "first divergence",
        anchor: layers.firstDivergence.map(layers.anchor)),
      Page.Figure("\(differentTensors.count) of \(otherTensors)", "other tensors differ"),
    ]
  }

  fileprivate func facts(_ layers: LayerErrors) -> [Page.Fact] {
    var facts = [
      Page.Fact("Compared", model.map { "every layer of \($0)" } ?? "every BatchNorm by itself"),
      Page.Fact("Mode", "\(mode.text), batch of \(samples)"),
      Page.Fact("Inputs", inputs.text), Page.Fact("Tolerance", tolerance.text),
      Page.Fact("Largest error of outputs", "\(maxAbsolute), \(maxULP.ulps) ULP"),
      Page.Fact("Outputs of the worst layer", errors),
      Page.Fact("Largest difference of stored numbers", "\(stateMaxAbsolute)"),
    ]
    facts += scopeFacts + healthFacts
    if let layer = firstDivergence, let divergence = layer.divergence {
      let device = divergence.device.map { ", device \($0)" } ?? ""
      facts.append(
        Page.Fact(
          "First divergence",
          "\(layer.name.moduleName): \(divergence.quantity)\(device), index \(divergence.index): "
            + "\(divergence.a) and \(divergence.b)"))
    }
    return facts
  }

  private var scopeFacts: [Page.Fact] {
    let entries = scope.pairs.map { "\($0.a)".isEmpty ? "the root" : "\($0.a)".visible() }
    var facts =
      scope.pairs.isEmpty ? [] : [Page.Fact("State dicts", entries.joined(separator: ", "))]
    for (title, items) in [
      ("Not compared, of the first", scope.onlyInFirst + scope.restOfFirst),
      ("Not compared, of the second", scope.onlyInSecond + scope.restOfSecond),
    ] where !items.isEmpty {
      let shown = items.prefix(6).map { "\($0.name.visible()) (\($0.reason))" }
      let more = items.count > shown.count ? " and \(items.count - shown.count) more" : ""
      facts.append(Page.Fact(title, shown.joined(separator: ", ") + more))
    }
    return facts
  }

  private var healthFacts: [Page.Fact] {
    healthOfFirst.sentences.map { Page.Fact("Health of the first", $0.visible(limit: 500)) }
      + healthOfSecond.sentences.map { Page.Fact("Health of the second", $0.visible(limit: 500)) }
  }

  fileprivate var tensorSections: [Page.Section] {
    var sections: [Page.Section] = []
    if otherTensors > 0 || !differentTensors.isEmpty {
      sections.append(
        Page.Section(
          heading: "Other tensors",
          paragraphs: [
            "\(otherTensors) tensors outside the BatchNorms were compared; "
              + "\(differentTensors.count) differ."
          ], tables: tables(of: differentTensors, "Tensors that differ", "tensor")))
    }
    if !otherDifferences.isEmpty {
      sections.append(
        Page.Section(
          heading: "Other differences",
          paragraphs: ["Types, settings, shapes of outputs, and the program."],
          tables: tables(of: otherDifferences, "What differs", "name")))
    }
    return sections
  }

  private func tables(
    of items: [ConversionReport.Item], _ title: String, _ column: String
  ) -> [Table] {
    guard !items.isEmpty else { return [] }
    return [
      Table(
        title, isOpen: true, columns: [column, "why"],
        rows: items.map { Table.Row($0.name.visible(), [$0.reason.visible()]) })
    ]
  }
}

extension VerificationInputs {
  fileprivate var text: String {
    let random = seed.map { ", random numbers of the seed \($0)" } ?? ", given"
    guard !tensors.isEmpty else {
      return "for each BatchNorm, drawn from its own statistics\(random)"
    }
    return tensors.map { tensor in
      "\(tensor.name): \(tensor.shape.map { "\($0)" }.joined(separator: " × "))"
    }.joined(separator: ", ") + random
  }
}

extension NumberComparison.Tolerance {
  fileprivate var text: String {
    isExact
      ? "none: every bit is compared"
      : "|a - b| ≤ \(absolute) + \(relative) · |b|, for each pair of numbers"
  }
}

extension String {
  /// The last component of a path, for display.
  var fileName: String { String(split(separator: "/").last ?? "").visible() }

  /// The name of a module for display: that of a whole model is empty.
  var moduleName: String { isEmpty ? "(root)" : visible() }
}
