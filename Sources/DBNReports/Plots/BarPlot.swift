import DBNTensors

/// Horizontal bars, one or several for each name.
struct BarPlot: Sendable {
  /// What is drawn for a name.
  struct Entry: Sendable {
    let name: String
    var values: [Value]
    /// Whether the name is bold, which tells it from others without colours.
    var isStrong = false
    /// The name of the place in the page that links jump to.
    var anchor: String?
  }

  /// A bar, and what is drawn on it.
  struct Value: Sendable {
    let number: Double
    /// The index of the bar's series.
    var series = 0
    /// The interval in which the true number probably lies.
    var interval: ClosedRange<Double>?
    /// A second number, drawn as a mark.
    var mark: Double?
  }

  struct Bar: Sendable {
    let barClass: String
    let barY: Int
    let barWidth: String
    let barValue: String
    let barTitle: String
    /// Whether it is drawn as a ring, since zero has no logarithm.
    let isZero: Bool
    var interval: Interval?
    var mark: Mark?

    var barCenterY: Int { barY + 4 }
  }

  struct Interval: Sendable {
    let intervalX: String
    let intervalWidth: String
  }

  struct Mark: Sendable {
    let markPlace: String
    let markValue: String
    let markTitle: String
  }

  struct Row: Sendable {
    let barName: String
    let nameClass: String
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
    let mark: String?
  }

  /// A line across all bars.
  struct Limit: Sendable {
    let limitPlace: String
  }

  let plotDescription: String
  let plotCaption: String
  let plotHeight: Int
  let ticks: [PlacedTick]
  let barRows: [Row]
  let spots: [PlotSpot]
  let limit: Limit?
  /// The legend; nil if there is only one series.
  let legend: Legend?

  /// - Parameters:
  ///   - series: the names of the series, at most two.
  ///   - marks: the name of the second numbers.
  ///   - limit: where a line is drawn across all bars.
  ///   - rows: the names and their bars.
  init(
    _ description: String, caption: String, axis: Axis, series: [String], marks: String? = nil,
    limit: Double? = nil, rows: [Entry], text: (Double) -> String
  ) {
    let rowHeight = 22 + 12 * (rows.map(\.values.count).max() ?? 1)
    plotDescription = description
    plotCaption = caption
    barRows = rows.enumerated().map { index, row in
      let top = index * rowHeight
      return Row(
        barName: row.name.visible(limit: marks != nil ? 22 : row.values.count == 1 ? 30 : 20),
        nameClass: row.isStrong ? "name strong" : "name",
        barText: row.values.flatMap { [$0.number] + ($0.mark.map { [$0] } ?? []) }.map(text)
          .joined(separator: " · "),
        textY: top + 13,
        bars: row.values.enumerated().map { position, value in
          Bar(
            value, of: row.name.visible(), series: series[value.series], marks ?? "", axis,
            y: top + 19 + 12 * position)
        })
    }
    spots = rows.enumerated().compactMap { index, row in
      row.anchor.map { PlotSpot(anchor: $0, top: index * rowHeight, height: rowHeight) }
    }
    plotHeight = rows.count * rowHeight + 4
    ticks = axis.ticks.map { PlacedTick($0, bottom: rows.count * rowHeight + 4) }
    self.limit = limit.map { Limit(limitPlace: axis.place(of: $0).coordinate) }
    legend =
      series.count < 2 && marks == nil
      ? nil
      : Legend(
        series: zip(series, Bar.classes).map { Series(seriesName: $0, swatch: $1) }, mark: marks)
  }
}

extension BarPlot.Bar {
  fileprivate static let classes = ["first", "second"]

  fileprivate init(
    _ value: BarPlot.Value, of name: String, series: String, _ marks: String, _ axis: Axis, y: Int
  ) {
    let isWrong = !value.number.isFinite
    barClass = isWrong ? "wrong" : Self.classes[value.series % 2]
    barY = y
    barWidth = isWrong ? "100" : axis.place(of: value.number).coordinate
    barValue = "\(value.number)"
    barTitle = "\(name): \(series) \(value.number)"
    isZero = value.number == 0
    interval = value.interval.map { interval in
      let (start, end) = (axis.place(of: interval.lowerBound), axis.place(of: interval.upperBound))
      return .init(intervalX: start.coordinate, intervalWidth: (end - start).coordinate)
    }
    mark = value.mark.flatMap { mark in
      mark > 0 && mark.isFinite
        ? .init(
          markPlace: axis.place(of: mark).coordinate, markValue: "\(mark)",
          markTitle: "\(name): \(marks) \(mark)")
        : nil
    }
  }
}

/// A part of a plot that links jump to.
struct PlotSpot: Sendable {
  let anchor: String
  let top: Int
  let height: Int
}
