package import DBNTensors

/// Operations without attributes that one type defines, each known by its raw value in the JSON of
/// graphs.
package protocol FunctionFamily: GraphOperation, CaseIterable, RawRepresentable
where RawValue == String {
  /// The functions by ATen's names.
  static var functions: [String: Self] { get }
}

extension FunctionFamily {
  package static var names: [String] { allCases.map(\.rawValue) }

  package var name: String { rawValue }

  package init(_ reader: GraphReader) throws(CheckpointError) {
    guard let function = Self(rawValue: try reader.text("operation")) else {
      throw reader.invalid("operation")
    }
    self = function
  }
}
