/// Columns of text.
struct TextTable {
  private let rows: [[String]]
  private let left: Set<Int>

  /// - Parameter left: the columns that are aligned left; the others are aligned right.
  init(_ header: [String], _ rows: [[String]], left: Set<Int> = [0]) {
    self.rows = [header] + rows
    self.left = left
  }

  var lines: [String] {
    let widths = (rows.first ?? []).indices.map { column in
      rows.map { $0[column].count }.max() ?? 0
    }
    return rows.map { row in
      zip(row, widths).enumerated().map { column, cell in
        let padding = String(repeating: " ", count: cell.1 - cell.0.count)
        return left.contains(column) ? cell.0 + padding : padding + cell.0
      }.joined(separator: "  ").withoutTrailingSpaces
    }
  }
}

extension String {
  fileprivate var withoutTrailingSpaces: String {
    String(prefix(count - reversed().prefix { $0 == " " }.count))
  }
}

extension Double {
  /// The number with four significant digits, as short as possible.
  var shortened: String {
    guard isFinite, magnitude < 1e15 else { return "\(self)" }
    if self == 0 { return "0" }
    var digits = 1.0
    while magnitude * digits < 1000, digits < 1e12 { digits *= 10 }
    let rounded = (self * digits).rounded() / digits
    return Int(exactly: rounded).map { "\($0)" } ?? "\(rounded)"
  }

  /// The number with this many digits after the decimal point.
  func rounded(digits: Int) -> String {
    guard isFinite, magnitude < 1e12 else { return "\(self)" }
    let unit = (0..<digits).reduce(1) { power, _ in power * 10 }
    let scaled = Int((magnitude * Double(unit)).rounded())
    let fraction = String(scaled % unit)
    let zeros = String(repeating: "0", count: digits - fraction.count)
    return (self < 0 && scaled != 0 ? "-" : "") + "\(scaled / unit)"
      + (digits == 0 ? "" : ".\(zeros)\(fraction)")
  }
}
