import DBNCheckpointFormats
import DBNTensors

/// The most bytes of tensors that are read: a small file can describe very large ones.
let byteLimit = 4 << 20

extension Checkpoint {
  /// Reads the bytes of every tensor, each with its checksum.
  ///
  /// - Throws: the first error in them.
  func readTensors() throws(CheckpointError) {
    guard tensorByteCount <= byteLimit else { return }
    for storage in storages { _ = try storage.storage.crc32() }
  }
}

extension FuzzTarget {
  /// Reads bytes with the first of the formats that recognises them, every tensor too.
  ///
  /// - Parameter path: for formats that are recognised by a name; there is no such file.
  init(_ name: String, reading formats: [any CheckpointFormat], path: String = "") {
    self.init(name) { bytes in
      let file = SourceFile(bytes, path: path)
      let options = ReadingOptions(acceptsParts: true)
      let read = try formats.lazy.compactMap { try $0.readIfRecognised(file, options: options) }
      guard let checkpoint = read.first else {
        throw CheckpointError(.unknownFormat, "is in none of the formats")
      }
      try checkpoint.readTensors()
    }
  }
}
