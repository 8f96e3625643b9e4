import DBNTensors
public import DBNVerification

extension Report {
  /// A report on the results of checkpoints on the same data.
  ///
  /// - Parameters:
  ///   - results: each with its checkpoint's name.
  ///   - summary: the model and the data, each a term and its meaning.
  ///   - listsClasses: whether to show every class.
  public init(
    _ results: [(name: String, result: Evaluation.Result)],
    summary: [(term: String, meaning: String)], listsClasses: Bool
  ) {
    let names = Self.shortNames(results.map(\.name))
    let tallies = zip(names, results).map { ($0, $1.result.classification) }
    let best = tallies.max { $0.1.total.top1 < $1.1.total.top1 }
    let word =
      best.map { name, classification in
        let total = classification.total
        let share = "\(total.top1Accuracy.percent) (\(total.top1) of \(total.samples))"
        return results.count == 1 ? "Accuracy \(share)" : "Best accuracy \(share): \(name)"
      } ?? "Nothing was evaluated"
    page = Page(
      kicker: "Evaluation",
      subject: results.count == 1 ? names[0] : "\(results.count) checkpoints side by side",
      verdict: Page.Verdict(word, .neutral), figures: Self.figures(best?.1, of: results.count),
      facts: summary.map { Page.Fact($0.term, $0.meaning) }
        + zip(names, results).filter { $0 != $1.name }.map { Page.Fact($0, $1.name) },
      sections: [EvaluationSections.accuracy(tallies), EvaluationSections.loss(tallies)]
        + (listsClasses ? tallies.map(EvaluationSections.classes) : []))
  }

  private static func figures(_ best: Classification?, of count: Int) -> [Page.Figure] {
    guard let total = best?.total else { return [] }
    let whose = count == 1 ? "" : ", of the best"
    return [
      Page.Figure(total.top1Accuracy.percent, "top-1" + whose),
      Page.Figure(total.top5Accuracy.percent, "top-5" + whose),
      Page.Figure(total.loss.brief, "loss" + whose),
      Page.Figure("\(total.samples)", "samples"),
    ]
  }

  /// The last components of the paths if they are unique; otherwise the whole paths.
  private static func shortNames(_ paths: [String]) -> [String] {
    let names = paths.map(\.fileName)
    return Set(names).count == names.count ? names : paths.map { $0.visible() }
  }
}

private enum EvaluationSections {
  typealias Named = (name: String, classification: Classification)

  static func accuracy(_ results: [Named]) -> Page.Section {
    Page.Section(
      heading: "Accuracy",
      paragraphs: ["The share of samples whose class is ranked first, and among the first five."],
      barPlot: BarPlot(
        "Top-1 and top-5 accuracy of \(results.count) checkpoints", caption: "",
        axis: .shares, series: ["top-1", "top-5"],
        rows: results.map { name, classification in
          (name, [classification.total.top1Accuracy, classification.total.top5Accuracy])
        }, text: \.percent),
      table: Table(
        "Every checkpoint",
        columns: ["checkpoint", "samples", "top-1", "correct", "top-5", "loss", "NaN"],
        rows: results.map { name, classification in
          let total = classification.total
          return Table.Row(
            name,
            [
              "\(total.samples)", total.top1Accuracy.percent, "\(total.top1)",
              total.top5Accuracy.percent, total.loss.digits, "\(classification.undefined)",
            ])
        }))
  }

  static func loss(_ results: [Named]) -> Page.Section {
    Page.Section(
      heading: "Loss", paragraphs: ["The mean cross-entropy; lower is better."],
      barPlot: BarPlot(
        "Loss of \(results.count) checkpoints", caption: "",
        axis: .linear(to: results.map(\.classification.total.loss)), series: ["loss"],
        rows: results.map { ($0.name, [$0.classification.total.loss]) }, text: \.brief))
  }

  static func classes(_ result: Named) -> Page.Section {
    let classes = result.classification.classes.enumerated().filter { $0.element.samples > 0 }
    return Page.Section(
      heading: "Classes: \(result.name)",
      paragraphs: ["Top-1 accuracy of every class that has samples."],
      barPlot: BarPlot(
        "Top-1 accuracy of \(classes.count) classes", caption: "", axis: .shares,
        series: ["top-1"],
        rows: classes.map { ("class \($0.offset)", [$0.element.top1Accuracy]) }, text: \.percent),
      table: Table(
        "Every class", columns: ["class", "samples", "top-1", "correct", "top-5", "loss"],
        rows: classes.map { index, tally in
          Table.Row(
            "\(index)",
            [
              "\(tally.samples)", tally.top1Accuracy.percent, "\(tally.top1)",
              tally.top5Accuracy.percent, tally.loss.digits,
            ])
        }))
  }
}
