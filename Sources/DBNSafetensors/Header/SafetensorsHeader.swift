internal import DBNTensors

/// The header of a safetensors file: the JSON between the eight-byte length and the tensors' bytes.
///
/// Source: the specification in the README of huggingface/safetensors, and `tensor.rs` of its
/// library.
struct SafetensorsHeader {
  /// The longest header that the format allows, in bytes.
  static let byteLimit = 100_000_000
  /// The bytes of the header's length at the start of a file.
  static let lengthByteCount = 8
  /// The most dimensions of a tensor, as in PyTorch's files.
  static let rankLimit = 64
  /// The most entries of text metadata: real files have under a hundred.
  static let metadataLimit = 10_000
  /// How many unknown fields are named.
  private static let listedFields = 8
  /// The reserved name under which the header has text metadata instead of a tensor.
  static let metadataName = "__metadata__"

  /// The fields of each tensor.
  enum Field {
    static let dtype = "dtype"
    static let shape = "shape"
    static let dataOffsets = "data_offsets"
  }

  /// The fields of a tensor, ordered so that there is no padding: there can be very many entries.
  struct Entry {
    /// The sizes in elements, even if several share a byte.
    let shape: [Int]
    /// The offsets of the tensor's start and end, counted from the end of the header.
    let start: Int
    let end: Int
    let type: SafetensorsType
  }

  /// The text metadata, in the file's order.
  var metadata: [(name: String, text: String)] = []
  /// This toolkit's record of the checkpoint, which is part of the metadata in the file.
  var record: ByteRegion?
  /// The names of the tensors, in the file's order.
  var names = NameTable()
  /// The entries, by the indices of the names.
  var entries: [Entry] = []
  /// The first fields of tensors that the format does not know, and how many others there are. The
  /// library ignores them.
  private(set) var unknownFields: Set<String> = []
  private(set) var furtherUnknownFields = 0

  /// Keeps the name of a field that the format does not know, if it is one of the first.
  mutating func addUnknownField(_ name: String) {
    if unknownFields.count < Self.listedFields || unknownFields.contains(name) {
      unknownFields.insert(name)
    } else {
      furtherUnknownFields += 1
    }
  }

  /// Checks the format's rules for tensors, as `Metadata::validate` of its library does.
  ///
  /// - Parameters:
  ///   - dataByteCount: the number of bytes after the header.
  ///   - salvages: whether there may be fewer than the tensors need.
  func validate(dataByteCount: Int, salvages: Bool = false) throws(CheckpointError) {
    var end = 0
    for index in indicesByOffset {
      let (name, entry) = (names.names[index], entries[index])
      guard entry.start == end, entry.end >= entry.start else {
        throw CheckpointError(
          .safetensorsOffsets, name: name,
          "its bytes \(entry.start) to \(entry.end) should be a range from \(end), where the "
            + "tensors before it end",
          advice: "the file is damaged or malicious; get it again")
      }
      let byteCount = try entry.byteCount(name)
      guard byteCount == entry.end - entry.start else {
        throw CheckpointError(
          .safetensorsSize, name: name,
          "\(entry.type.rawValue) \(entry.shape) needs \(byteCount) bytes, but its offsets give it "
            + "\(entry.end - entry.start)",
          advice: "the file is damaged or malicious; get it again")
      }
      end = entry.end
    }
    guard end == dataByteCount || salvages && end > dataByteCount else {
      throw CheckpointError(
        .safetensorsFileEnd,
        "the tensors take \(end) bytes after the header, but the file has \(dataByteCount) there",
        advice: "the file is cut short or has been added to; get it again")
    }
  }

  private var indicesByOffset: [Int] {
    let areOrdered = zip(entries, entries.dropFirst()).allSatisfy { $0.end <= $1.start }
    guard !areOrdered else { return Array(entries.indices) }
    return entries.indices.sorted {
      (entries[$0].start, entries[$0].end) < (entries[$1].start, entries[$1].end)
    }
  }
}

extension SafetensorsHeader.Entry {
  /// The number of bytes that shape and type need, with checked arithmetic.
  ///
  /// - Parameter name: for errors.
  fileprivate func byteCount(_ name: String) throws(CheckpointError) -> Int {
    var bitCount = type.bitCount
    for size in shape {
      let (product, overflow) = bitCount.multipliedReportingOverflow(by: size)
      guard !overflow else {
        throw CheckpointError(
          .overflow, name: name, "\(shape) has more elements than can be counted",
          advice: "the file is damaged or malicious; get it again")
      }
      bitCount = product
    }
    guard bitCount % 8 == 0 else {
      throw CheckpointError(
        .safetensorsPartialByte, name: name,
        "\(type.rawValue) \(shape) has \(bitCount) bits, which do not fill whole bytes")
    }
    return bitCount / 8
  }
}
