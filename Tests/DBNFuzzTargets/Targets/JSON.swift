import DBNTensors

extension FuzzTarget {
  /// JSON that was parsed is the same after it was written and parsed again, and as tagged values.
  static let json = FuzzTarget("json") { bytes in
    let json = try JSON(parsing: bytes)
    for text in [json.text(), json.text(indented: true)] where try JSON(parsing: text) != json {
      // A number beyond those of Double is infinite, which is written as text.
      guard text.contains("inf\"") else {
        throw Finding("JSON that was written is another: \(text)")
      }
    }
    var parser = JSONParser(bytes)
    parser.skipSpace()
    _ = try TaggedJSON.withoutTensors.parseValue(&parser, name: "value").get()
  }
}

extension TaggedJSON {
  fileprivate static var withoutTensors: TaggedJSON {
    func invalid(_ name: String) -> CheckpointError {
      CheckpointError(.invalidJSON, name: name, "is no value")
    }
    return TaggedJSON(
      json: { _, name throws(CheckpointError) in throw invalid(name) },
      tensor: { _, name throws(CheckpointError) in throw invalid(name) }, invalid: invalid)
  }
}
