import DBNBatchNorm
import DBNComparison
import DBNExecution
import DBNTensors
public import DBNVerification

extension Report {
  /// A report on the results of `verify`, layer by layer.
  ///
  /// - Parameters:
  ///   - a: the name of the first checkpoint; `b` is that of the second.
  public init(_ result: VerificationResult, a: String, b: String) {
    page = Page(
      kicker: "Verification", subject: "\(a.fileName) and \(b.fileName)",
      verdict: result.verdict, figures: result.figures, facts: result.facts(a, b),
      sections: [result.layerSection] + result.tensorSections)
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

  fileprivate var figures: [Page.Figure] {
    let kind = model == nil ? "BatchNorms" : "layers"
    let different = layers.count {
      !$0.outputs.isBitIdentical || !$0.state.isBitIdentical || $0.divergence != nil
    }
    return [
      Page.Figure("\(different) of \(layers.count)", "\(kind) differ"),
      Page.Figure(maxAbsolute.brief, "largest error of outputs"),
      Page.Figure(stateMaxAbsolute.brief, "largest difference of stored numbers"),
      Page.Figure(
        firstDivergence?.name.moduleName ?? "nowhere", "first divergence"),
      Page.Figure("\(differentTensors.count) of \(otherTensors)", "other tensors differ"),
    ]
  }

  fileprivate func facts(_ a: String, _ b: String) -> [Page.Fact] {
    var facts = [
      Page.Fact("First", a), Page.Fact("Second", b),
      Page.Fact("Compared", model.map { "every layer of \($0)" } ?? "every BatchNorm by itself"),
      Page.Fact("Mode", "\(mode.rawValue), batch of \(samples)"),
      Page.Fact("Largest error of outputs", "\(maxAbsolute), \(maxULP) ULP"),
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

  fileprivate var layerSection: Page.Section {
    let zeros = layers.count { $0.outputs.maxAbsolute == 0 }
    return Page.Section(
      heading: "Error of each layer",
      paragraphs: [
        "The largest absolute difference between the two outputs, in the model's order. A ring "
          + "stands for zero: \(zeros) of \(layers.count) layers."
      ],
      barPlot: BarPlot(
        "Largest absolute difference of \(layers.count) layers on a logarithmic axis, up to "
          + "\(maxAbsolute.brief)",
        caption: "Logarithmic axis.",
        axis: .decades(of: layers.map(\.outputs.maxAbsolute)), series: ["max abs"],
        rows: layers.map { ($0.name.moduleName, [$0.outputs.maxAbsolute]) }, text: \.brief),
      table: Table(
        "Every layer", columns: ["layer", "max abs", "max ULP", "stored, max abs", "differs in"],
        rows: layers.map { layer in
          Table.Row(
            layer.name.moduleName,
            [
              layer.outputs.maxAbsolute.digits, "\(layer.outputs.maxULP)",
              layer.state.maxAbsolute.digits,
              layer.divergence?.quantity ?? "-",
            ])
        }))
  }

  fileprivate var tensorSections: [Page.Section] {
    guard otherTensors > 0 || !differentTensors.isEmpty else { return [] }
    return [
      Page.Section(
        heading: "Other tensors",
        paragraphs: [
          "\(otherTensors) tensors outside the BatchNorms were compared; "
            + "\(differentTensors.count) differ."
        ],
        table: differentTensors.isEmpty
          ? nil
          : Table(
            "Tensors that differ", isOpen: true, columns: ["tensor", "why"],
            rows: differentTensors.map { Table.Row($0.name.visible(), [$0.reason.visible()]) }))
    ]
  }
}

extension String {
  /// The last component of a path, for display.
  var fileName: String { String(split(separator: "/").last ?? "").visible() }

  /// The name of a module for display: that of a whole model is empty.
  var moduleName: String { isEmpty ? "(root)" : visible() }
}
