import DBNBatchNorm
import DBNComparison
import DBNTensors

/// The BatchNorms of a checkpoint, one in each line, with the columns that any of them has.
struct BatchNormTable {
  let rows: [CheckpointInspection.BatchNormRow]

  var lines: [String] {
    guard !rows.isEmpty else { return [] }
    let columns = Self.columns.filter { column in
      rows.contains { !column.value($0).isEmpty }
    }
    let table = TextTable(
      columns.map(\.title), rows.map { row in columns.map { $0.value(row) } },
      left: Set(columns.indices.filter { columns[$0].isText }))
    return table.lines + driftLines
  }

  /// In how many BatchNorms the devices differ, and how much at most.
  private var driftLines: [String] {
    let drifted = rows.filter { !$0.replicasAreIdentical }
    guard let worst = drifted.max(by: { $1.drift.isWorse(than: $0.drift) }) else { return [] }
    let total = drifted.reduce(into: ReplicaDrift()) { $0.formUnion($1.drift) }
    return [
      "",
      "the devices differ in \(drifted.count) of \(counted(rows.count, "BatchNorm")), most in "
        + "\(worst.site.name.moduleName): \(total)",
    ]
  }

  private struct Column: Sendable {
    let title: String
    var isText = false
    let value: @Sendable (CheckpointInspection.BatchNormRow) -> String
  }

  private static let columns = [
    Column(title: "BatchNorm", isText: true) { $0.site.name.moduleName },
    Column(title: "features") { "\($0.site.features)" },
    Column(title: "layout", isText: true) { row in
      "\(row.site.layout)" + (row.site.layout.nameInFamily.map { " (\($0))" } ?? "")
    },
    Column(title: "devices") { $0.site.worldSize > 1 ? "\($0.site.worldSize)" : "" },
    Column(title: "means apart") { $0.apart("\($0.drift.mean.shortened) sd") },
    Column(title: "variances apart") { $0.apart("\(($0.drift.variance * 100).shortened) %") },
    Column(title: "settings", isText: true) {
      $0.settings == BatchNormSettings() ? "" : "\($0.settings)"
    },
    Column(title: "without", isText: true) { row in
      [BatchNormQuantity.weight, .bias].filter { !row.site.quantities.contains($0) }
        .map(\.rawValue).joined(separator: ", ")
    },
  ]
}

extension CheckpointInspection.BatchNormRow {
  fileprivate func apart(_ distance: String) -> String {
    guard site.worldSize > 1 else { return "" }
    return replicasAreIdentical ? "identical" : distance
  }
}
