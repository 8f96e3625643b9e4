import DBNComparison
import DBNTensors

/// A range of ratios for each name, with marks.
struct RangePlot: Sendable {
  struct Span: Sendable {
    let spanX: String
    let spanY: Int
    let spanWidth: String
    let spanTitle: String
  }

  struct Marker: Sendable {
    let markerPlace: String
    let markerY: Int
    let markerValue: String
    let markerTitle: String
    let shape: HTML
  }

  struct MarkerName: Sendable {
    let markerName: String
    let shape: HTML
  }

  struct Row: Sendable {
    let rangeRowName: String
    let rangeText: String
    let textY: Int
    /// The range; nil if none of its numbers is on the axis.
    let span: Span?
    let markers: [Marker]
  }

  let plotDescription: String
  let plotCaption: String
  let plotHeight: Int
  let rangeName: String
  let markerNames: [MarkerName]
  let ticks: [PlacedTick]
  let rangeRows: [Row]

  /// The shapes of the marks, distinguishable without colours.
  private static let shapes: [HTML] = [
    "<circle r=\"4.5\"/>", "<path d=\"M0 -6L6 0L0 6L-6 0Z\"/>",
    "<rect class=\"hollow\" x=\"-4\" y=\"-4\" width=\"8\" height=\"8\"/>",
  ]

  /// - Parameters:
  ///   - range: the name of the range.
  ///   - markers: the names of the marks, at most three.
  ///   - rows: a name, the numbers of the range, and a number for each of the marks.
  init(
    _ description: String, caption: String, range: String, markers: [String],
    rows: [(name: String, values: [Double], marks: [Double])]
  ) {
    let axis = Axis.ratios(of: rows.flatMap { $0.values + $0.marks })
    plotDescription = description
    plotCaption = caption
    rangeName = range
    markerNames = zip(markers, Self.shapes).map { MarkerName(markerName: $0, shape: $1) }
    rangeRows = rows.enumerated().map { index, row in
      let shown = row.values.filter { $0 > 0 && $0.isFinite }
      let top = index * 38
      return Row(
        rangeRowName: row.name.visible(limit: 30), rangeText: Self.text(row.values),
        textY: top + 13, span: Self.span(shown, axis, range, y: top + 23),
        markers: zip(zip(markers, Self.shapes), row.marks).compactMap { marker, value in
          guard value > 0, value.isFinite else { return nil }
          return Marker(
            markerPlace: axis.place(of: value).coordinate, markerY: top + 25,
            markerValue: "\(value)", markerTitle: "\(row.name.visible()), \(marker.0): \(value)",
            shape: marker.1)
        })
    }
    let bottom = rows.count * 38 + 4
    ticks = axis.ticks.map { PlacedTick($0, bottom: bottom) }
    plotHeight = bottom
  }

  private static func span(_ values: [Double], _ axis: Axis, _ name: String, y: Int) -> Span? {
    guard let smallest = values.min(), let largest = values.max() else { return nil }
    let (start, end) = (axis.place(of: smallest), axis.place(of: largest))
    return Span(
      spanX: start.coordinate, spanY: y, spanWidth: max(0.3, end - start).coordinate,
      spanTitle: "\(name): \(smallest) to \(largest)")
  }

  private static func text(_ values: [Double]) -> String {
    guard let smallest = values.min(), let largest = values.max() else { return "" }
    return values.contains { !$0.isFinite || $0 <= 0 }
      ? "not all positive, finite" : "\(smallest.brief) to \(largest.brief)"
  }
}
