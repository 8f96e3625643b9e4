internal import DBNTensors

extension DatasetContents {
  /// The string of a scalar, or a list of strings; for more dimensions, nested lists as from
  /// NumPy's `tolist`.
  ///
  /// - Throws: `limitExceeded` for sizes that make more lists than a checkpoint may have values: a
  ///   size of zero beside sizes of billions needs no bytes in the file.
  func text(_ index: Int) throws(CheckpointError) -> CheckpointValue {
    let dataset = catalog.datasets[index]
    guard let shape = dataset.shape else { return .string("") }
    let texts = try texts(dataset, index)
    guard !shape.isEmpty else { return .string(texts.first ?? "") }
    try checkListCount(of: dataset, shape)
    var values = texts.map { CheckpointValue.string($0) }
    for dimension in shape.indices.dropFirst().reversed() {
      let size = shape[dimension]
      let count = shape[..<dimension].reduce(1, *)
      values = (0..<count).map { .list(Array(values[$0 * size..<($0 + 1) * size])) }
    }
    return .list(values)
  }

  private func checkListCount(
    of dataset: Catalog.Dataset, _ shape: [Int]
  ) throws(CheckpointError) {
    var (lists, total) = (1, 1)
    for size in shape.dropLast() {
      let (product, overflow) = lists.multipliedReportingOverflow(by: size)
      lists = product
      total = total &+ product
      guard !overflow, lists <= CheckpointLimits.values, total <= CheckpointLimits.values else {
        throw CheckpointError(
          .limitExceeded, name: dataset.path, "the shape \(shape) makes too many lists of texts")
      }
    }
  }

  private func texts(_ dataset: Catalog.Dataset, _ index: Int) throws(CheckpointError) -> [String] {
    if case .strings(let strings) = dataset.extent { return strings }
    guard case .fixedString(let size, let padding) = dataset.type else { return [] }
    let bytes = try smallBytes(index)
    var texts: [String] = []
    for start in stride(from: 0, to: bytes.count, by: size) {
      texts.append(try padding.text(of: bytes[start..<start + size], name: dataset.path))
    }
    return texts
  }
}
