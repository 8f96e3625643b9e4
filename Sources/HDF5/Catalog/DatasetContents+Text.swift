internal import Tensors

extension DatasetContents {
  /// The text of a scalar, or a list of texts, one for each element in row-major order.
  func text(_ place: Int) throws(CheckpointError) -> CheckpointValue {
    let dataset = catalog.datasets[place]
    guard let shape = dataset.shape else { return .string("") }
    let texts = try texts(dataset, place)
    guard shape.isEmpty else { return .list(texts.map { .string($0) }) }
    return .string(texts.first ?? "")
  }

  private func texts(_ dataset: Catalog.Dataset, _ place: Int) throws(CheckpointError) -> [String] {
    if case .strings(let strings) = dataset.extent { return strings }
    guard case .fixedString(let size, let padding) = dataset.type else { return [] }
    let bytes = try smallBytes(place)
    var texts: [String] = []
    for start in stride(from: 0, to: bytes.count, by: size) {
      texts.append(try padding.text(of: bytes[start..<start + size], name: dataset.path))
    }
    return texts
  }
}
