import DBNTensors

/// Horizontal bars, one or several for each name.
struct BarPlot: Sendable {
  struct Bar: Sendable {
    let barClass: String
    let barY: Int
    let barCenterY: Int
    let barWidth: String
    let barValue: String
    let barTitle: String
    /// Whether it is drawn as a ring, since zero has no logarithm.
    let isZero: Bool
  }

  struct Row: Sendable {
    let barName: String
    let barText: String
    let textY: Int
    let bars: [Bar]
  }

  struct Series: Sendable {
    let seriesName: String
    let swatch: String
  }

  struct Legend: Sendable {
    let series: [Series]
  }

  let plotDescription: String
  let plotCaption: String
  let plotHeight: Int
  let ticks: [PlacedTick]
  let barRows: [Row]
  /// The legend; nil if there is only one series.
  let legend: Legend?

  /// - Parameters:
  ///   - series: the names of a row's bars, at most two.
  ///   - rows: a name, and a number for each of the series.
  init(
    _ description: String, caption: String, axis: Axis, series: [String],
    rows: [(name: String, values: [Double])], text: (Double) -> String
  ) {
    let classes = ["first", "second"]
    let rowHeight = 22 + 12 * series.count
    plotDescription = description
    plotCaption = caption
    barRows = rows.enumerated().map { index, row in
      let top = index * rowHeight
      return Row(
        barName: row.name.visible(limit: series.count == 1 ? 30 : 20),
        barText: row.values.map(text).joined(separator: " · "),
        textY: top + 13,
        bars: row.values.enumerated().map { position, value in
          let y = top + 19 + 12 * position
          let isWrong = !value.isFinite
          return Bar(
            barClass: isWrong ? "wrong" : classes[position % 2], barY: y, barCenterY: y + 4,
            barWidth: isWrong ? "100" : axis.place(of: value).coordinate, barValue: "\(value)",
            barTitle: "\(row.name.visible()): \(series[position]) \(value)", isZero: value == 0)
        })
    }
    let bottom = rows.count * rowHeight + 4
    ticks = axis.ticks.map { PlacedTick($0, bottom: bottom) }
    plotHeight = bottom + 18
    legend =
      series.count < 2
      ? nil
      : Legend(
        series: zip(series, classes).map { Series(seriesName: $0, swatch: $1) })
  }
}
