/// "1 BatchNorm", "53 BatchNorms".
package func counted(_ count: Int, _ thing: String) -> String {
  "\(count) \(thing)\(count == 1 ? "" : thing.hasSuffix("ch") ? "es" : "s")"
}

extension String {
  /// The name of a module for display: that of a whole model is empty.
  package var moduleName: String { isEmpty ? "(root)" : visible() }
}
