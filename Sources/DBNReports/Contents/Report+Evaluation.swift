import DBNComparison
import DBNTensors
public import DBNVerification

extension Report {
  /// A report on the results of checkpoints on the same data.
  ///
  /// - Parameters:
  ///   - results: each with its checkpoint's name.
  ///   - files: the files that were read, each with its role.
  ///   - summary: the model and the data, each a term and its meaning.
  ///   - listsClasses: whether to show every class.
  public init(
    _ results: [(name: String, result: Evaluation.Result)],
    summary: [(term: String, meaning: String)], listsClasses: Bool,
    files: [(role: String, file: ReportedFile)] = []
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
        + (listsClasses ? tallies.map(EvaluationSections.classes) : [])
        + (files.isEmpty ? [] : [.files(files)]))
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
      paragraphs: [
        "The share of samples whose class is ranked first, and among the first five. The line on "
          + "each bar is Wilson's 95 % interval: where the accuracy on all such samples probably "
          + "lies, if these are a random choice of them."
      ],
      barPlot: BarPlot(
        "Top-1 and top-5 accuracy of \(results.count) checkpoints", caption: "",
        axis: .shares, series: ["top-1", "top-5"],
        rows: results.map { name, classification in
          let total = classification.total
          return BarPlot.Entry(
            name: name,
            values: [
              .init(number: total.top1Accuracy, interval: total.top1Interval),
              .init(number: total.top5Accuracy, series: 1, interval: total.top5Interval),
            ])
        }, text: \.percent),
      tables: [
        Table(
          "Every checkpoint",
          columns: [
            "checkpoint", "samples", "top-1", "correct", "95 % interval", "top-5",
            "95 % interval", "loss", "NaN",
          ],
          rows: results.map { name, classification in
            let total = classification.total
            return Table.Row(
              name,
              [
                "\(total.samples)", total.top1Accuracy.percent, "\(total.top1)",
                total.top1Interval.text, total.top5Accuracy.percent, total.top5Interval.text,
                total.loss.digits, "\(classification.undefined)",
              ])
          })
      ])
  }

  static func loss(_ results: [Named]) -> Page.Section {
    Page.Section(
      heading: "Loss", paragraphs: ["The mean cross-entropy; lower is better."],
      barPlot: BarPlot(
        "Loss of \(results.count) checkpoints", caption: "",
        axis: .linear(to: results.map(\.classification.total.loss)), series: ["loss"],
        rows: results.map { result in
          .init(name: result.name, values: [.init(number: result.classification.total.loss)])
        }, text: \.brief))
  }

  /// The most classes in a plot: of more, as ImageNet has, the least accurate are shown.
  private static let classLimit = 100

  static func classes(_ result: Named) -> Page.Section {
    let classes = Array(result.classification.classes.enumerated())
      .filter { $0.element.samples > 0 }.map { (offset: $0.offset, element: $0.element) }
    let worst = classes.sorted { one, other in
      (one.element.top1Accuracy, one.offset) < (other.element.top1Accuracy, other.offset)
    }
    let shown = classes.count > classLimit ? Array(worst.prefix(classLimit)) : classes
    return Page.Section(
      heading: "Classes: \(result.name)",
      paragraphs: [
        shown.count == classes.count
          ? "Top-1 accuracy of every class that has samples."
          : "Top-1 accuracy of the \(shown.count) least accurate of \(classes.count) classes that "
            + "have samples."
      ],
      barPlot: BarPlot(
        "Top-1 accuracy of \(shown.count) classes", caption: "", axis: .shares,
        series: ["top-1"],
        rows: shown.map { index, tally in
          .init(
            name: "class \(index)",
            values: [.init(number: tally.top1Accuracy, interval: tally.top1Interval)])
        }, text: \.percent),
      tables: [
        table("Every class", classes),
        table("Every class, the least accurate first", worst),
      ])
  }

  private static func table(
    _ caption: String, _ classes: [(offset: Int, element: Classification.Tally)]
  ) -> Table {
    Table(
      caption,
      columns: ["class", "samples", "top-1", "correct", "95 % interval", "top-5", "loss"],
      rows: classes.map { index, tally in
        Table.Row(
          "\(index)",
          [
            "\(tally.samples)", tally.top1Accuracy.percent, "\(tally.top1)",
            tally.top1Interval.text, tally.top5Accuracy.percent, tally.loss.digits,
          ])
      })
  }
}

extension ClosedRange<Double>? {
  /// "97.1 to 98.8 %".
  fileprivate var text: String {
    map { "\($0.lowerBound.percent.dropLast(2)) to \($0.upperBound.percent)" } ?? "-"
  }
}
