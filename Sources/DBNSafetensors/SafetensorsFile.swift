internal import DBNTensors

/// One file to be written: its header, and the offsets of the tensors' bytes.
struct SafetensorsFile {
  private let header: HeaderText
  /// The bytes before the header, which hold its length.
  private let length: [UInt8]
  /// The offset of the first tensor in the file.
  private let start: Int

  /// - Parameters:
  ///   - names: the names of the tensors, all of types that the format has.
  ///   - numbers: the numbers of the tensors to write; nil: all. They are sorted like the format's
  ///     library does, by descending type, then by name.
  ///   - metadata: the text metadata.
  ///   - record: the record of the checkpoint, which comes last in the metadata.
  /// - Throws: `cannotBeWritten` if the header is longer than the format allows; errors of writing
  ///   the record.
  init(
    _ names: TensorNames, _ numbers: Range<Int>? = nil,
    metadata: [(name: String, text: String)], record: CheckpointRecord? = nil
  ) throws(CheckpointError) {
    header = HeaderText(
      names: names, order: names.sorted(numbers ?? 0..<names.count), metadata: metadata,
      record: record)
    var text = JSONWriter.counting
    try header.write(to: &text)
    guard text.byteCount <= SafetensorsHeader.byteLimit else {
      throw CheckpointError(
        .cannotBeWritten,
        "the header, with the names and the values that are not tensors, takes \(text.byteCount) "
          + "bytes; the format allows \(SafetensorsHeader.byteLimit)",
        advice: "write an HDF5 file instead")
    }
    length = withUnsafeBytes(of: UInt64(text.byteCount).littleEndian) { Array($0) }
    start = length.count + text.byteCount
  }

  /// Writes the header, and then the bytes of all tensors at their offsets, on all cores.
  func write(to destination: FileDestination) throws(CheckpointError) {
    try destination.write(length.span.bytes, at: 0)
    let lengthByteCount = length.count
    var text = JSONWriter { piece, offset throws(CheckpointError) in
      try destination.write(piece, at: lengthByteCount + offset)
    }
    try header.write(to: &text)
    try writeTensors(to: destination)
  }

  private func writeTensors(to destination: FileDestination) throws(CheckpointError) {
    let (order, offsets) = (header.order, offsets)
    let (names, tensors) = (header.names.names, header.names.tensors)
    let budget = MemoryBudget.current
    try concurrentForEach(order.count) { index throws(CheckpointError) in
      let number = order[index]
      do throws(CheckpointError) {
        try tensors[number].storage.read(pieces: 1 << 20, within: budget) {
          start, bytes throws(CheckpointError) in
          try destination.write(bytes, at: offsets[index] + start)
        }
      } catch {
        throw error.with(name: names[number])
      }
    }
  }

  /// The offset of each tensor in the file.
  private var offsets: [Int] {
    var end = start
    return header.order.map { number in
      defer { end += header.names.tensors[number].byteCount }
      return end
    }
  }
}
