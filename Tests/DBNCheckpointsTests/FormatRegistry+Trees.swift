import DBNCheckpoints

extension FormatRegistry {
  /// The names of the formats that can be written and hold any checkpoint; NumPy's hold arrays only.
  static let formatsOfTrees = standard.formats.filter { $0.isWritable && $0.name != "npz" }
    .map(\.name)
}
