import DBNModels
import DBNTensors

extension FuzzTarget {
  /// Programs of `torch.export` and graphs in this library's form: a graph that was read is the same
  /// after it was written.
  static let graph = FuzzTarget("graph") { bytes in
    guard let text = String(validating: bytes.array, as: UTF8.self) else {
      throw CheckpointError(.invalidText, "is no text")
    }
    let written = try Graph(parsing: text).json.text()
    guard try Graph(parsing: written).json.text() == written else {
      throw Finding("a graph that was written is another: \(written)")
    }
  }
}
