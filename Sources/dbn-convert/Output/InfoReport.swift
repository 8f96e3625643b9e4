import DBNBatchNorm
import DBNComparison
import DBNReports
import DBNTensors
import DBNVerification

/// The output of `info`.
struct InfoReport {
  let path: String
  let format: String
  let checkpoint: Checkpoint
  let inspection: CheckpointInspection
  /// What the user should know about the file, one sentence each.
  let notes: [Guidance]
  /// What the file's pickles name.
  let names: PickledNames
  /// Whether all names have a line, or only dangerous ones.
  let listsNames: Bool
  /// The requested tensors.
  let tensors: [CheckpointInspection.TensorRow]
  /// Their statistics, if they are asked for; nil for a tensor whose numbers are not real.
  let statistics: [TensorStatistics?]?
  /// The BatchNorms of the requested tensors.
  let batchNorms: [CheckpointInspection.BatchNormRow]

  var json: JSON { .object((document.members ?? []) + names.members) }

  private var document: JSON {
    [
      "path": .string(path), "format": .string(format),
      "part": checkpoint.part.map { .string($0) } ?? .null,
      "entry": inspection.entry.map { .string("\($0)") } ?? .null,
      "tensors": .array(tensorsJSON),
      "batch_norms": .array(batchNorms.map(\.json)),
      "drift": [
        "mean": .double(inspection.drift.mean), "variance": .double(inspection.drift.variance),
      ],
      "health": health.json,
      "ambiguities": .array(inspection.ambiguities.map { .string($0.inCommandWords) }),
      "unrecognised": .array(
        inspection.unrecognised.map {
          ["name": .string($0.name), "reason": .string($0.explanation.inCommandWords)]
        }),
      "not_batch_norms": .array(
        inspection.leftAlone.map {
          ["name": .string($0.name), "reason": .string($0.explanation.inCommandWords)]
        }),
      "state_dicts": .array(checkpoint.stateDicts.map(\.json)),
      "other": .array(
        inspection.others.map { path, value in
          [
            "name": .string("\(path)"), "type": .string(value.typeName),
            "value": value.jsonScalar,
          ]
        }),
      "modules": .array(checkpoint.modules.map(\.json)),
      "history": .array(checkpoint.history),
      "notes": .array(notes.map { .string($0.inCommandWords) }),
    ]
  }

  private var tensorsJSON: [JSON] {
    guard let statistics else { return tensors.map(\.json) }
    return zip(tensors, statistics).map { row, statistics in
      .object((row.json.members ?? []) + [.init("statistics", statistics?.json ?? .null)])
    }
  }

  /// The health of the requested BatchNorms.
  private var health: BatchNormHealth {
    guard inspection.entry != nil else { return inspection.health }
    let names = Set(batchNorms.map { CheckpointDictionary.Key.string($0.site.name) })
    return inspection.health.filtered { names.contains(.string($0)) }
  }

  /// The result for people.
  var lines: [String] {
    let sections = [
      [summary], tensorLines, batchNormLines, moduleLines, otherLines,
      names.lines(all: listsNames), historyLines,
    ]
    return Array(sections.filter { !$0.isEmpty }.joined(separator: [""]))
  }

  /// A page about the BatchNorms and how much their devices differ.
  ///
  /// - Throws: errors in their tensors.
  func page() throws(CheckpointError) -> Report {
    let stateDict = try inspection.entry.map { entry throws(CheckpointError) in
      try checkpoint.stateDict(at: entry)
    }
    var layers: [ReplicaLayer] = []
    for row in batchNorms {
      guard let stateDict else { continue }
      layers.append(
        ReplicaLayer(
          name: row.site.name, layout: "\(row.site.layout)",
          try ReplicaStatistics(row.site, in: stateDict)))
    }
    let devices = Set(batchNorms.map(\.site.worldSize)).sorted().map { "\($0)" }
    return Report(
      driftOf: try ReportedFile(path, history: checkpoint.history), layers,
      summary: [
        ("File", path), ("Format", format),
        ("Tensors", "\(inspection.tensors.count), \(readable(byteCount: byteCount))"),
        ("BatchNorms", "\(batchNorms.count), devices: \(devices.joined(separator: ", "))"),
      ])
  }

  private var summary: String {
    let place = inspection.entry.map { $0.keys.isEmpty ? "at the root" : "at \("\($0)".visible())" }
    let bytes = Set(inspection.tensors.map { ObjectIdentifier($0.tensor.storage) }).count
    var text = "\(path): \(format), "
    if inspection.entry == nil, inspection.tensors.isEmpty {
      return text + "no state dict; \(counted(inspection.others.count, "other value"))"
    }
    text += place.map { "state dict \($0)" } ?? inspection.missingStateDict
    text += ", \(counted(inspection.tensors.count, "tensor"))"
    if bytes < inspection.tensors.count { text += " (\(inspection.tensors.count - bytes) tied)" }
    return text + ", \(readable(byteCount: byteCount)), "
      + counted(inspection.batchNorms.count, "BatchNorm")
  }

  private var byteCount: Int {
    inspection.tensors.filter { $0.tiedTo == nil }.reduce(0) { $0 + $1.tensor.byteCount }
  }

  private var tensorLines: [String] {
    let table = TensorTable(
      rows: Array(tensors.prefix(Self.tensorLimit)),
      statistics: statistics.map { Array($0.prefix(Self.tensorLimit)) })
    guard tensors.count > Self.tensorLimit else { return table.lines }
    return table.lines
      + ["... and \(tensors.count - Self.tensorLimit) more tensors (--json lists all)"]
  }

  private var batchNormLines: [String] {
    let notes = (health.notes + inspection.ambiguities).map {
      "note: \($0.inCommandWords.visible(limit: 500))"
    }
    let unknown = inspection.unrecognised.map {
      "\($0.name.moduleName): not a known BatchNorm: \($0.explanation.inCommandWords)"
    }
    let others = inspection.leftAlone.map {
      "\($0.name.moduleName): not a BatchNorm: \($0.explanation.inCommandWords)"
    }
    return BatchNormTable(rows: batchNorms).lines.listed(atMost: Self.tensorLimit, "lines") + notes
      + unknown.listed(atMost: Self.limit, "modules") + others.listed(atMost: Self.limit, "modules")
  }

  /// How many tensors are listed.
  private static let tensorLimit = 10_000
  /// How many modules and other values are listed.
  private static let limit = 40

  /// The classes and settings of whole models in the file.
  private var moduleLines: [String] {
    let lines = checkpoint.modules.prefix(Self.limit).map { module in
      let name = module.entry.appending(.string(module.name)).keys
        .map(\.description).filter { !$0.isEmpty }.joined(separator: "/")
      return "\(name.moduleName): module \("\(module)".visible(limit: 500))"
    }
    guard checkpoint.modules.count > Self.limit else { return lines }
    return lines
      + ["... and \(checkpoint.modules.count - Self.limit) more modules (--json lists all)"]
  }

  private var otherLines: [String] {
    let limit = Self.limit
    let lines = inspection.others.prefix(limit).map { path, value in
      "\("\(path)".visible()): \(value.typeAndText)"
    }
    guard inspection.others.count > limit else { return lines }
    return lines + ["... and \(inspection.others.count - limit) more values (--json lists all)"]
  }

  private var historyLines: [String] {
    checkpoint.history.map { "history: \($0.text().visible(limit: 400))" }
      .listed(atMost: Self.limit, "conversions")
  }
}

extension ModuleDescription {
  fileprivate var json: JSON {
    [
      "entry": .string("\(entry)"), "name": .string(name), "class": .string(className),
      "settings": .array(
        settings.map { ["name": .string($0.name), "value": $0.value.jsonScalar] }),
    ]
  }
}

extension FoundStateDict {
  fileprivate var json: JSON {
    ["entry": .string("\(entry)"), "tensors": .int(tensorCount)]
  }
}

extension CheckpointInspection.TensorRow {
  fileprivate var json: JSON {
    [
      "name": .string(name), "dtype": .string(tensor.scalarType.name),
      "shape": .array(tensor.shape.map { .int($0) }), "bytes": .int(tensor.byteCount),
      "tied_to": tiedTo.map { .string($0) } ?? .null, "kind": .string(kind.rawValue),
    ]
  }
}

extension CheckpointInspection.BatchNormRow {
  fileprivate var json: JSON {
    let name = site.layout.nameInFamily
    return .object(
      [
        .init("name", .string(site.name)), .init("features", .int(site.features)),
        .init("layout", .string("\(site.layout)")),
      ] + (name.map { [.init("layout_name", .string($0))] } ?? []) + [
        .init("world_size", .int(site.worldSize)), .init("affine", .bool(site.isAffine)),
        .init("replicas_identical", .bool(replicasAreIdentical)),
        .init("drift", ["mean": .double(drift.mean), "variance": .double(drift.variance)]),
      ] + (settings.json.members ?? []))
  }
}

extension CheckpointValue {
  /// The type and a short text; the reason for what can't be read.
  fileprivate var typeAndText: String {
    if case .opaque(let value) = self, let reason = value.unreadableReason {
      return reason.visible(limit: 500)
    }
    return "\(typeName) \(scalarText.visible())"
  }

  /// The value if JSON has its type, else as text.
  fileprivate var jsonScalar: JSON {
    switch self {
    case .none: .null
    case .bool(let flag): .bool(flag)
    case .int(let number): .int(number)
    case .float(let number): .double(number)
    case .string(let text): .string(text)
    default: .string(scalarText)
    }
  }
}
