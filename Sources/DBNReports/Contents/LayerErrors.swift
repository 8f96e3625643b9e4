import DBNComparison
import DBNVerification

/// The sections of a verification's page about its layers.
struct LayerErrors {
  private typealias Layer = VerificationResult.Layer

  private let layers: [VerificationResult.Layer]
  private let tolerance: NumberComparison.Tolerance
  /// The indices of the layers, the largest error first.
  private let worst: [Int]
  /// The index of the first layer that differs; nil if none does.
  let firstDivergence: Int?

  init(_ result: VerificationResult) {
    let layers = result.layers
    self.layers = layers
    tolerance = result.tolerance
    worst = layers.indices.sorted { one, other in
      let (a, b) = (layers[one].outputs, layers[other].outputs)
      return (a.maxRelative, a.maxAbsolute, other) > (b.maxRelative, b.maxAbsolute, one)
    }
    firstDivergence = layers.firstIndex { $0.divergence != nil }
  }

  private var hasOnlyBatchNorms: Bool { layers.allSatisfy(\.isBatchNorm) }

  /// The name of a layer's place in the plot.
  func anchor(of index: Int) -> String { "layer-\(index)" }

  /// How many layers are shown before all others.
  private static let worstCount = 10

  var sections: [Page.Section] {
    [worstSection, errorSection, toleranceSection].compactMap(\.self)
  }

  private var worstSection: Page.Section? {
    let shown = worst.prefix(Self.worstCount).filter { !layers[$0].outputs.isBitIdentical }
    // Of fewer layers the plot is a better overview.
    guard !shown.isEmpty, layers.count > 2 * Self.worstCount else { return nil }
    return Page.Section(
      heading: shown.count == 1
        ? "The only layer with an error" : "The \(shown.count) worst layers",
      paragraphs: [
        "By relative error: the largest difference in a layer's outputs as a fraction of the "
          + "layer's largest number. The names lead to the layers' places in the plot."
      ],
      tables: [table("The worst layers", shown, isOpen: true)])
  }

  private var errorSection: Page.Section {
    let errors = layers.map(\.outputs.maxAbsolute)
    let zeros = errors.count { $0 == 0 }
    return Page.Section(
      heading: "Error of each layer",
      paragraphs: [
        "Bars are the largest absolute difference between the two outputs, marks the same relative "
          + "to the layer's largest number, in the model's order. A ring stands for zero: \(zeros) "
          + "of \(layers.count) layers."
      ],
      barPlot: plot(
        "Largest difference of \(layers.count) layers on a logarithmic axis, up to "
          + "\(errors.reduce(0, max).brief)",
        caption: "Logarithmic axis."
          + (hasOnlyBatchNorms ? "" : " The names of BatchNorms are bold."),
        marks: "relative error",
        axis: .decades(of: errors + layers.map(\.outputs.maxRelative))
      ) { .init(number: $0.maxAbsolute, mark: $0.maxRelative) },
      tables: [
        table("Every layer, in the model's order", Array(layers.indices)),
        table("Every layer, the largest relative error first", worst),
      ])
  }

  /// The errors compared with the tolerance, if there is one.
  private var toleranceSection: Page.Section? {
    guard !tolerance.isExact, !layers.isEmpty else { return nil }
    let beyond = layers.count { !$0.outputs.isWithinTolerance }
    return Page.Section(
      heading: "Error and tolerance",
      paragraphs: [
        "The error as a fraction of the distance that the tolerance allows, where that fraction is "
          + "largest. The dashed line is the tolerance: the outputs of \(beyond) of "
          + "\(layers.count) layers go beyond it."
      ],
      barPlot: plot(
        "Error of \(layers.count) layers in units of the tolerance",
        caption: "Logarithmic axis; 1 is the tolerance.", limit: 1,
        axis: .decades(of: layers.map(\.outputs.shareOfTolerance) + [1])
      ) { .init(number: $0.shareOfTolerance) })
  }

  private func plot(
    _ description: String, caption: String, marks: String? = nil, limit: Double? = nil, axis: Axis,
    _ value: (NumberComparison) -> BarPlot.Value
  ) -> BarPlot {
    let linked = marks == nil ? [] : Set(worst.prefix(Self.worstCount) + [firstDivergence ?? 0])
    return BarPlot(
      description, caption: caption, axis: axis,
      series: hasOnlyBatchNorms ? ["BatchNorm"] : ["BatchNorm", "other layer"],
      marks: marks, limit: limit,
      rows: layers.enumerated().map { index, layer in
        var bar = value(layer.outputs)
        bar.series = layer.isBatchNorm ? 0 : 1
        return BarPlot.Entry(
          name: layer.name.moduleName, values: [bar],
          isStrong: layer.isBatchNorm && !hasOnlyBatchNorms,
          anchor: linked.contains(index) ? anchor(of: index) : nil)
      }, text: \.brief)
  }

  private func table(_ caption: String, _ indices: [Int], isOpen: Bool = false) -> Table {
    let limit = tolerance.isExact ? [] : ["of tolerance"]
    return Table(
      caption, isOpen: isOpen,
      columns: ["layer", "operation", "max abs", "relative"] + limit
        + ["max ULP", "stored, max abs", "differs in"],
      rows: indices.map { index in
        let (layer, outputs) = (layers[index], layers[index].outputs)
        let share = tolerance.isExact ? [] : [outputs.shareOfTolerance.digits]
        return Table.Row(
          layer.name.moduleName,
          [layer.operation, outputs.maxAbsolute.digits, outputs.maxRelative.digits] + share + [
            outputs.maxULP.ulps, layer.state.maxAbsolute.digits,
            layer.divergence?.quantity ?? "-",
          ], anchor: isOpen ? anchor(of: index) : nil)
      })
  }
}

extension VerificationResult.Layer {
  fileprivate var isBatchNorm: Bool { module != nil }
}

extension Int {
  /// A distance in units of the last place: from a NaN there is none.
  var ulps: String { self == .max ? "-" : "\(self)" }
}
