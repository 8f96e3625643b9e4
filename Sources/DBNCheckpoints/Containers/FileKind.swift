import DBNTensors

/// A kind of file that is no checkpoint, or none that can be read, known by its first bytes: for an
/// error that says what the file is and what to do.
struct FileKind: Sendable {
  /// How the kind is recognised.
  enum Signature: Sendable {
    /// Bytes at an offset.
    case bytes([UInt8], at: Int)
    /// Bytes at the end of the file.
    case end([UInt8])
    /// Text that begins with this, after white space, in upper or lower case.
    case text(String)
    /// A protocol buffer, whose fields have no names.
    case message(ProtocolBuffer)
  }

  /// What it is, as the rest of a sentence about the file: "is an ONNX model".
  let reason: String
  /// What to do.
  let advice: String
  let signatures: [Signature]

  private init(_ reason: String, _ advice: String, _ signatures: Signature...) {
    self.reason = reason
    self.advice = advice
    self.signatures = signatures
  }

  private static func ascii(_ text: String, at offset: Int = 0) -> Signature {
    .bytes(Array(text.utf8), at: offset)
  }

  /// All kinds, in the order in which they are tried.
  static let all: [FileKind] = [
    FileKind(
      "is a git-lfs pointer, which only names the file", "get the file with git lfs pull",
      ascii("version https://git-lfs.github.com/spec/")),
    FileKind(
      "is a web page",
      "the link leads to a page, not to the file: look for the download's own link",
      .text("<!doctype html"), .text("<html"), .text("<head"), .text("<body")),
    FileKind(
      "is an XML file", "give the file with the weights", .text("<?xml"), .text("<!doctype")),
    FileKind(
      "is a GGUF model",
      "read its tensors with GGUFReader of the Python package gguf, and save them "
        + "with numpy.savez", ascii("GGUF"), ascii("FUGG")),
    FileKind(
      "is a TensorFlow Lite model", "give the weights that it was converted from",
      ascii("TFL3", at: 4)),
    FileKind(
      "is a checkpoint of TensorFlow",
      "read its variables with tf.train.load_checkpoint, and save them with numpy.savez",
      .end([0x57, 0xFB, 0x80, 0x8B, 0x24, 0x75, 0x47, 0xDB])),
    FileKind(
      "is an ONNX model",
      "read its initializers with onnx.numpy_helper.to_array in Python, and save them with numpy.savez",
      .message(.onnx)),
    FileKind(
      "is a SavedModel of TensorFlow",
      "load it in Python, and save its variables with numpy.savez or, if it is a model of Keras, with "
        + "save_weights", .message(.savedModel)),
    FileKind(
      "is a Core ML model", "give the weights that it was converted from", .message(.coreML)),
    FileKind(
      "is a parameter file of MXNet",
      "load it with mxnet.nd.load, and save the arrays with numpy.savez",
      .bytes([0x12, 0x01, 0, 0, 0, 0, 0, 0], at: 0)),
    FileKind(
      "is a MATLAB file of version 5",
      "load it with scipy.io.loadmat and save the arrays with numpy.savez, or save it in MATLAB with "
        + "-v7.3", ascii("MATLAB 5.0 MAT-file")),
    FileKind(
      "is a netCDF file of the classic format", "convert it to HDF5 with nccopy -k nc4",
      .bytes(Array("CDF".utf8) + [1], at: 0), .bytes(Array("CDF".utf8) + [2], at: 0),
      .bytes(Array("CDF".utf8) + [5], at: 0)),
    FileKind(
      "is an HDF4 file", "convert it to HDF5 with h4toh5", .bytes([0x0E, 0x03, 0x13, 0x01], at: 0)),
    FileKind(
      "is a Parquet or Arrow table", "give the file with the weights", ascii("PAR1"),
      ascii("ARROW1")),
    FileKind(
      "is compressed with gzip twice", "decompress it with gunzip -c FILE > NEW",
      .bytes([0x1F, 0x8B], at: 0)),
    FileKind(
      "is compressed with xz", "decompress it with xz -dc FILE > NEW",
      .bytes([0xFD] + Array("7zXZ".utf8), at: 0)),
    FileKind("is compressed with bzip2", "decompress it with bzip2 -dc FILE > NEW", ascii("BZh")),
    FileKind(
      "is compressed with Zstandard", "decompress it with zstd -dc FILE > NEW",
      .bytes([0x28, 0xB5, 0x2F, 0xFD], at: 0)),
    FileKind(
      "is compressed with LZ4", "decompress it with lz4 -dc FILE > NEW",
      .bytes([0x04, 0x22, 0x4D, 0x18], at: 0)),
    FileKind(
      "is a 7z archive", "extract it with 7z x", .bytes(Array("7z".utf8) + [0xBC, 0xAF], at: 0)),
    FileKind("is a RAR archive", "extract it with unrar x", ascii("Rar!")),
    FileKind(
      "is a picture", "give the file with the weights", .bytes([0x89] + Array("PNG".utf8), at: 0),
      .bytes([0xFF, 0xD8, 0xFF], at: 0), ascii("GIF8")),
    FileKind("is a PDF document", "give the file with the weights", ascii("%PDF")),
    FileKind(
      "is a program", "give the file with the weights", .bytes([0x7F] + Array("ELF".utf8), at: 0)),
  ]
}

extension FileKind {
  /// The kind of a file; nil if it is none of these.
  static func of(_ file: ByteRegion) -> FileKind? {
    let head = file.part(0..<min(file.count, 512)).array
    return all.first { kind in kind.signatures.contains { $0.matches(head, file) } }
  }

  /// Whether the file is text, as far as its first bytes show; and whether that is JSON.
  static func text(_ file: ByteRegion) -> (isJSON: Bool, start: String)? {
    let head = file.part(0..<min(file.count, 512)).array
    // A character may be cut off at the end.
    let texts = (0..<4).lazy.compactMap { String(validating: head.dropLast($0), as: UTF8.self) }
    guard !head.isEmpty, let text = texts.first else { return nil }
    let isPlain = text.unicodeScalars.allSatisfy {
      $0.value >= 0x20 || "\t\r\n".unicodeScalars.contains($0)
    }
    guard isPlain else { return nil }
    let first = text.first { !$0.isWhitespace }
    return (first == "{" || first == "[", String(text.prefix(40)))
  }
}

extension FileKind.Signature {
  fileprivate func matches(_ head: [UInt8], _ file: ByteRegion) -> Bool {
    switch self {
    case .bytes(let bytes, let offset):
      return head.count >= offset && head[offset...].starts(with: bytes)
    case .end(let bytes):
      return file.count >= bytes.count
        && file.part(file.count - bytes.count..<file.count).array == bytes
    case .text(let start):
      let text = head.drop { JSONParser.isSpace($0) || [0xEF, 0xBB, 0xBF].contains($0) }
        .prefix(start.utf8.count)
      return String(decoding: text, as: UTF8.self).lowercased() == start
    case .message(let kind): return kind.matches(head)
    }
  }
}
