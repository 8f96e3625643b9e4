import DBNComparison
import DBNTensors

/// The tensors of a checkpoint, one in each line.
struct TensorTable {
  let rows: [CheckpointInspection.TensorRow]
  /// The statistics of each tensor, if they are asked for; nil for one whose numbers are not real.
  let statistics: [TensorStatistics?]?

  var lines: [String] {
    guard let statistics else { return rows.map(\.line).aligned(with: rows.map(\.shownName)) }
    guard !rows.isEmpty else { return [] }
    let table = TextTable(
      ["tensor", "", "least", "greatest", "mean", "deviation", "zeros", "not finite"],
      zip(rows, statistics).map { row, statistics in
        [row.shownName, row.line] + (statistics?.cells ?? Array(repeating: "", count: 6))
      }, left: [0, 1])
    return table.lines
  }
}

extension CheckpointInspection.TensorRow {
  fileprivate var shownName: String { name.visible() }

  /// The type, the shape and the tie.
  fileprivate var line: String {
    let tie = tiedTo.map { ", tied to \($0.visible())" } ?? ""
    return "\(tensor.scalarType.name) \(tensor.shape)\(tie)"
  }
}

extension TensorStatistics {
  fileprivate var cells: [String] {
    let numbers = [minimum, maximum, mean, standardDeviation]
    return numbers.map { finiteCount > 0 ? $0.shortened : "-" }
      + ["\(zeroCount)", "\(notFiniteCount)"]
  }

  var json: JSON {
    [
      "least": .double(minimum), "greatest": .double(maximum), "mean": .double(mean),
      "deviation": .double(standardDeviation), "zeros": .int(zeroCount),
      "not_finite": .int(notFiniteCount),
    ]
  }
}

extension [String] {
  /// These texts after the names, aligned; a very long name pushes only its own.
  fileprivate func aligned(with names: [String]) -> [String] {
    let width = Swift.min(names.map(\.count).max() ?? 0, 60)
    return zip(names, self).map { name, text in
      "\(name)\(String(repeating: " ", count: Swift.max(0, width - name.count)))  \(text)"
    }
  }
}
