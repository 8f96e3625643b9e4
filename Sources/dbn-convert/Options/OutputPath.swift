import DBNPlatform

/// An output file's final location: two are equal if the second file would replace the first.
struct OutputPath: Equatable {
  private let target: String

  init(_ path: String) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let parent = parts.count == 1 ? "." : parts.dropLast().joined(separator: "/") + "/"
    target =
      Self.resolved(path) ?? Self.resolved(parent).map { "\($0)/\(parts.last ?? "")" } ?? path
  }

  /// nil if there is no such file.
  private static func resolved(_ path: String) -> String? {
    let resolved = realpath(path, nil)
    defer { free(resolved) }
    return resolved.map { String(cString: $0) }
  }
}
