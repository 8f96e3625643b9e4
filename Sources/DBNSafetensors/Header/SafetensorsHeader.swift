internal import DBNTensors

/// What a safetensors file says of its tensors: the JSON between the eight bytes of its length and
/// the tensors' bytes.
///
/// Source: the specification in the README of huggingface/safetensors, and `tensor.rs` of its
/// library.
struct SafetensorsHeader {
  /// The longest header that the format allows, in bytes.
  static let byteLimit = 100_000_000
  /// The bytes of the header's length at the start of a file.
  static let lengthByteCount = 8
  /// The name that stands for text instead of a tensor.
  static let metadataName = "__metadata__"

  /// What the header has of each tensor.
  enum Field {
    static let dtype = "dtype"
    static let shape = "shape"
    static let dataOffsets = "data_offsets"
  }

  /// What is said of a tensor; in an order that leaves no gaps, as there can be very many.
  struct Entry {
    /// Sizes in elements, also where several share a byte.
    let shape: [Int]
    /// The first byte, and the one behind the last, counted from the end of the header.
    let start: Int
    let end: Int
    let type: SafetensorsType
  }

  /// The text beside the tensors, in the file's order.
  var metadata: [(name: String, text: String)] = []
  /// This toolkit's record of the checkpoint, which stands among that text.
  var record: ByteRegion?
  /// Of the tensors, in the file's order.
  var names = NameTable()
  /// By the places of the names.
  var entries: [Entry] = []
  /// Fields of tensors that the format does not know; the library passes over them.
  var unknownFields: Set<String> = []

  /// Checks what the format demands of the tensors, as `Metadata::validate` of its library does.
  ///
  /// - Parameter dataByteCount: what the file has behind the header.
  func validate(dataByteCount: Int) throws(CheckpointError) {
    var end = 0
    for place in placesByOffset {
      let (name, entry) = (names.names[place], entries[place])
      guard entry.start == end, entry.end >= entry.start else {
        throw CheckpointError(
          .safetensorsOffsets, name: name,
          "its bytes \(entry.start) to \(entry.end) do not begin at \(end), where those before end",
          advice: "the file is damaged or made to deceive; get it again")
      }
      let byteCount = try entry.byteCount(name)
      guard byteCount == entry.end - entry.start else {
        throw CheckpointError(
          .safetensorsSize, name: name,
          "\(entry.type.rawValue) \(entry.shape) needs \(byteCount) bytes, its offsets give it "
            + "\(entry.end - entry.start)",
          advice: "the file is damaged or made to deceive; get it again")
      }
      end = entry.end
    }
    guard end == dataByteCount else {
      throw CheckpointError(
        .safetensorsFileEnd,
        "the tensors take \(end) bytes behind the header, the file has \(dataByteCount) there",
        advice: "the file is cut short or has been added to; get it again")
    }
  }

  private var placesByOffset: [Int] {
    let areOrdered = zip(entries, entries.dropFirst()).allSatisfy { $0.end <= $1.start }
    guard !areOrdered else { return Array(entries.indices) }
    return entries.indices.sorted {
      (entries[$0].start, entries[$0].end) < (entries[$1].start, entries[$1].end)
    }
  }
}

extension SafetensorsHeader.Entry {
  /// What shape and type need, with checked arithmetic.
  ///
  /// - Parameter name: for errors.
  fileprivate func byteCount(_ name: String) throws(CheckpointError) -> Int {
    var bitCount = type.bitCount
    for size in shape {
      let (product, overflow) = bitCount.multipliedReportingOverflow(by: size)
      guard !overflow else {
        throw CheckpointError(
          .overflow, name: name, "\(shape) has more elements than can be counted",
          advice: "the file is damaged or made to deceive; get it again")
      }
      bitCount = product
    }
    guard bitCount % 8 == 0 else {
      throw CheckpointError(
        .safetensorsPartialByte, name: name,
        "\(type.rawValue) \(shape) is \(bitCount) bits, which do not fill their last byte")
    }
    return bitCount / 8
  }
}
