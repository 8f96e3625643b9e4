import DBNTensors

extension PickledNames {
  /// How many names have a line.
  private static let shown = 40

  /// For people: the dangerous names first, each with its place; those that weights need together.
  ///
  /// - Parameter all: whether also those that are not dangerous.
  func lines(all: Bool = true) -> [String] {
    let dangerous = names.filter(\.isDangerous)
    let others = all ? names.filter { !$0.isDangerous && !$0.isUsual } : []
    let placed =
      dangerous.map { "DANGEROUS: the pickle names \($0.path.visible())\($0.place)" }
      + others.map { "the pickle names \($0.path.visible())\($0.place)" }
    var lines = Array(placed.prefix(Self.shown))
    let rest = placed.count - lines.count + omitted
    if rest > 0 { lines.append("... and \(rest) more names (--json lists \(names.count))") }
    if all, let usual { lines.append(usual) }
    if let stop { lines.append("not all pickles were looked through: \(stop)") }
    return lines
  }

  private var usual: String? {
    var paths: [String] = []
    for name in names where name.isUsual && !paths.contains(name.path) { paths.append(name.path) }
    guard !paths.isEmpty else { return nil }
    return "the pickle names what weights need: \(paths.joined(separator: ", "))"
  }

  /// For programs: each name, and why there may be more.
  var members: [JSON.Member] {
    [
      .init("names", .array(names.map(\.json))),
      .init("names_unread", stop.map { .string($0) } ?? .null),
    ]
  }
}

extension PickledName {
  fileprivate var json: JSON {
    [
      "module": .string(module), "name": .string(name), "offset": .int(offset),
      "record": record.map { .string($0) } ?? .null, "entry": entry.map { .string($0) } ?? .null,
      "dangerous": .bool(isDangerous),
    ]
  }

  /// " (bn1.weight, at byte 40 of archive/data.pkl)"
  fileprivate var place: String {
    let bytes = "at byte \(offset)" + (record.map { " of \($0.visible())" } ?? "")
    return " (\(entry.map { "\($0.visible()), " } ?? "")\(bytes))"
  }
}
