import DBNComparison
import DBNTensors

/// A strip of cells for each name, darker for larger numbers.
struct HeatMap: Sendable {
  /// What is drawn for a name.
  struct Entry: Sendable {
    let name: String
    let values: [Double]
    /// The name of the place in the page that links jump to.
    var anchor: String?
  }

  struct Cell: Sendable {
    let cellClass: String
    let cellX: String
    let cellY: Int
    let cellWidth: String
    let shade: String
    let cellValue: String
    let cellTitle: String
  }

  struct Row: Sendable {
    let heatName: String
    let heatText: String
    let textY: Int
    let trackY: Int
    let cells: [Cell]
  }

  /// The most cells in a strip: more would be too narrow to touch on a phone.
  static let columnLimit = 64

  let plotDescription: String
  let plotCaption: String
  let plotHeight: Int
  let largestText: String
  let shades = ["0.1", "0.3", "0.5", "0.7", "1"]
  let heatRows: [Row]
  let spots: [PlotSpot]
  let ticks: [PlacedTick]

  /// - Parameters:
  ///   - column: the name of a column, such as `device`.
  ///   - rows: a name, and a nonnegative number for each of the columns. If there are more columns
  ///     than the limit, neighbours share a cell, which shows the largest of their numbers.
  ///   - sharesColumns: whether a column is the same in all rows; otherwise each row has its own
  ///     columns, and the axis has only the first and the last.
  init(
    _ description: String, caption: String, column: String, sharesColumns: Bool = true,
    rows: [Entry]
  ) {
    let count = rows.map(\.values.count).max() ?? 0
    let group = Self.group(count)
    let largest = rows.flatMap(\.values).filter(\.isFinite).max() ?? 0
    let rowHeight = 42
    plotDescription = description
    plotCaption =
      group == 1
      ? caption
      : "\(caption) A cell stands for \(sharesColumns ? "" : "up to ")\(group) \(column)s, and shows "
        + "the largest."
    largestText = largest.brief
    heatRows = rows.enumerated().map { index, row in
      Row(
        heatName: row.name.visible(limit: 32),
        heatText:
          "max \((row.values.contains(where: \.isNaN) ? .nan : row.values.max() ?? 0).brief)",
        textY: index * rowHeight + 13, trackY: index * rowHeight + 19,
        cells: Self.cells(
          row, column, sharesColumns ? group : Self.group(row.values.count), largest: largest,
          y: index * rowHeight + 19
        ))
    }
    let bottom = rows.count * rowHeight
    let columns = (count + group - 1) / group
    plotHeight = bottom
    spots = rows.enumerated().compactMap { index, row in
      row.anchor.map { PlotSpot(anchor: $0, top: index * rowHeight, height: rowHeight) }
    }
    guard sharesColumns else {
      ticks = [.init(place: 0, text: "first \(column)"), .init(place: 100, text: "last")]
        .map { PlacedTick($0, bottom: bottom) }
      return
    }
    ticks = Self.ticks(columns).map { index in
      PlacedTick(
        .init(
          place: (Double(index) + 0.5) / Double(max(1, columns)) * 100,
          text: index == 0 ? "\(column) 0" : "\(index * group)"),
        bottom: bottom)
    }
  }

  /// How many columns share a cell.
  private static func group(_ columns: Int) -> Int {
    max(1, (columns + columnLimit - 1) / columnLimit)
  }

  private static func cells(
    _ row: Entry, _ column: String, _ group: Int, largest: Double, y: Int
  ) -> [Cell] {
    let groups = stride(from: 0, to: row.values.count, by: group).map { start in
      row.values[start..<min(start + group, row.values.count)]
    }
    let width = 100 / Double(max(1, groups.count))
    return groups.enumerated().map { index, values in
      let value = values.contains(where: \.isNaN) ? .nan : values.max() ?? 0
      let last = values.endIndex - 1
      let columns = group == 1 ? "\(index)" : "\(values.startIndex) to \(last)"
      return Cell(
        cellClass: value.isFinite ? "heat" : "undefined",
        cellX: (Double(index) * width).coordinate, cellY: y, cellWidth: width.coordinate,
        shade: value.isFinite ? (largest > 0 ? value / largest : 0).coordinate : "1",
        cellValue: "\(value)",
        cellTitle: "\(row.name.visible()), \(column) \(columns): \(value.digits)")
    }
  }

  /// At most five columns, including the first.
  private static func ticks(_ columns: Int) -> [Int] {
    let step = max(1, (columns + 4) / 5)
    return Array(stride(from: 0, to: columns, by: step))
  }
}
