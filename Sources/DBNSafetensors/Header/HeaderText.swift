internal import DBNTensors

/// The text of the header of a file to be written. It is not kept but generated each time, since it
/// is long for very many tensors.
struct HeaderText {
  /// The names of the tensors, all of types that the format has.
  let names: TensorNames
  /// The numbers of the file's tensors, in the file's order.
  let order: [Int]
  /// The text metadata.
  let metadata: [(name: String, text: String)]
  /// The last member of the metadata.
  let record: CheckpointRecord?

  /// Writes the text, padded with spaces to a multiple of eight bytes, as the library does.
  func write(to text: inout JSONWriter) throws(CheckpointError) {
    text.put("{")
    let hasMetadata = !metadata.isEmpty || record != nil
    if hasMetadata { try writeMetadata(to: &text) }
    var end = 0
    for (position, number) in order.enumerated() {
      if position > 0 || hasMetadata { text.put(",") }
      let tensor = names.tensors[number]
      text.write(names.names[number])
      text.put(Self.text(of: tensor, from: end))
      end += tensor.byteCount
      try text.flush()
    }
    text.put("}")
    while !text.byteCount.isMultiple(of: 8) { text.put(" ") }
    try text.finish()
  }

  private func writeMetadata(to text: inout JSONWriter) throws(CheckpointError) {
    text.write(SafetensorsHeader.metadataName)
    text.putSequence(":{", "", metadata, between: ",") {
      $0.write($1.name)
      $0.put(":")
      $0.write($1.text)
    }
    if let record {
      if !metadata.isEmpty { text.put(",") }
      text.write(SafetensorsContent.recordName)
      text.put(":")
      try text.writeQuoted(record.write)
    }
    text.put("}")
  }

  /// The text after the name.
  private static func text(of tensor: Tensor, from start: Int) -> String {
    let type = SafetensorsType(tensor.scalarType)
    var shape = tensor.shape
    // PyTorch counts pairs of 4-bit floats; the format counts each float.
    if type == .float4, let last = shape.popLast() { shape.append(last * 2) }
    let sizes = shape.map(\.description).joined(separator: ",")
    typealias Field = SafetensorsHeader.Field
    return ":{\"\(Field.dtype)\":\"\(type?.rawValue ?? "")\",\"\(Field.shape)\":[\(sizes)],"
      + "\"\(Field.dataOffsets)\":[\(start),\(start + tensor.byteCount)]}"
  }
}
