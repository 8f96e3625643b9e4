/// The persistent id of a storage in protocol 0: its tuple, as Python prints it.
///
/// `('storage', <class 'torch.FloatStorage'>, '0', 'cpu', 12)`, in legacy files with `None` or
/// `('1', 0, 4)` at the end. PyTorch writes these and does not read them.
struct PrintedStorage {
  let typeName: String
  let type: TorchStorageType
  let key: String
  let location: String
  let count: Int
  let view: (key: String, offset: Int, count: Int)?

  init?(_ text: String) {
    guard text.hasPrefix("('\(PickleName.storage)', "), text.hasSuffix(")") else { return nil }
    var parts = text.dropFirst().dropLast().split(separator: ", ").dropFirst()
    if parts.count == 5, parts.last == "None" { parts.removeLast() }
    let fields = Array(parts)
    guard fields.count == 4 || fields.count == 7,
      let typeName = Self.content(of: fields[0], between: "<class '", "'>"),
      let type = TorchStorageType.byName[typeName], let key = Self.quoted(fields[1]),
      let location = Self.quoted(fields[2]), let count = Int(fields[3])
    else { return nil }
    (self.typeName, self.type, self.key) = (typeName, type, key)
    (self.location, self.count) = (location, count)
    guard fields.count == 7 else {
      view = nil
      return
    }
    guard let viewKey = Self.content(of: fields[4], between: "('", "'"),
      let offset = Int(fields[5]), let size = Self.content(of: fields[6], between: "", ")"),
      let viewCount = Int(size)
    else { return nil }
    view = (viewKey, offset, viewCount)
  }

  /// The text in quotes. Keys and locations are numbers and names, which Python prints without
  /// escapes.
  private static func quoted(_ text: Substring) -> String? {
    content(of: text, between: "'", "'")
  }

  private static func content(
    of text: Substring, between start: String, _ end: String
  ) -> String? {
    guard text.hasPrefix(start), text.hasSuffix(end), text.count >= start.count + end.count else {
      return nil
    }
    return String(text.dropFirst(start.count).dropLast(end.count))
  }
}
