import DBNCOneDNN
import DBNModels
import DBNTensors

/// The memory layout of a shape's numbers: `dnnl_memory_desc_t`.
///
/// `@unchecked Sendable`: oneDNN makes it once, and after that it is only read, until its one owner
/// destroys it.
final class Layout: @unchecked Sendable {
  /// The kinds of layouts made here; oneDNN may choose others.
  enum Kind: Hashable {
    /// Row-major.
    case plain
    /// [N, ..., C].
    case channelsLast
    /// [N, C / size, ..., size]: blocks of `size` adjacent channels, the last padded with zeros.
    case blocked(Int)
    /// Leaves the choice to oneDNN.
    case any
  }

  let shape: [Int]
  private let owner: Owner

  private struct Owner: ~Copyable {
    let pointer: conednn_layout_t

    deinit { conednn_layout_destroy(pointer) }
  }

  private init(
    _ call: String, _ shape: [Int],
    _ make: (UnsafeMutablePointer<conednn_layout_t?>) -> conednn_status_t
  ) throws(CheckpointError) {
    var made: conednn_layout_t?
    try succeed(call, make(&made))
    guard let made else {
      throw CheckpointError(.engineFailed, "oneDNN's \(call) made nothing")
    }
    self.shape = shape
    owner = Owner(pointer: made)
  }

  /// - Throws: `engineFailed` if there is no such layout for the number of dimensions.
  convenience init(_ kind: Kind, _ shape: [Int]) throws(CheckpointError) {
    guard kind != .plain else {
      try self.init(shape, strides: shape.map { max($0, 1) }.strides)
      return
    }
    let sizes = shape.map { Int64($0) }
    let tag = Self.tag(kind, rank: shape.count)
    try self.init("dnnl_memory_desc_create_with_tag", shape) {
      conednn_layout_with_tag($0, Int32(sizes.count), sizes, tag)
    }
  }

  /// - Parameter strides: the distance between neighbours along each axis, in elements.
  convenience init(_ shape: [Int], strides: [Int]) throws(CheckpointError) {
    let (sizes, distances) = (shape.map { Int64($0) }, strides.map { Int64($0) })
    try self.init("dnnl_memory_desc_create_with_strides", shape) {
      conednn_layout_with_strides($0, Int32(sizes.count), sizes, distances)
    }
  }

  /// Makes a layout that oneDNN chose.
  convenience init(
    copying original: conednn_const_layout_t, shape: [Int]
  ) throws(CheckpointError) {
    try self.init("dnnl_memory_desc_clone", shape) { conednn_layout_copy($0, original) }
  }

  private static func tag(_ kind: Kind, rank: Int) -> conednn_format_tag_t {
    let tags: [Int: conednn_format_tag_t] =
      switch kind {
      case .any: [rank: conednn_format_tag_any]
      case .plain: [:]
      case .channelsLast: [3: conednn_acb, 4: conednn_acdb, 5: conednn_acdeb]
      case .blocked(16): [3: conednn_aBc16b, 4: conednn_aBcd16b, 5: conednn_aBcde16b]
      case .blocked(8): [3: conednn_aBc8b, 4: conednn_aBcd8b, 5: conednn_aBcde8b]
      case .blocked(4): [3: conednn_aBc4b, 4: conednn_aBcd4b, 5: conednn_aBcde4b]
      case .blocked: [:]
      }
    return tags[rank] ?? conednn_format_tag_undef
  }

  var pointer: conednn_layout_t { owner.pointer }

  /// The size in bytes, including padding.
  var byteCount: Int { conednn_layout_size(pointer) }

  /// The layout of an operand that is broadcast to this shape, in the same kind of layout: for others
  /// oneDNN has only its reference loops.
  func broadcast(from shape: [Int]) throws(CheckpointError) -> Layout {
    try Layout(kind ?? .plain, shape)
  }

  /// The layout of one number for each channel, [1, C, 1, ...].
  func ofChannels() throws(CheckpointError) -> Layout {
    try broadcast(from: shape.indices.map { $0 == 1 ? shape[1] : 1 })
  }

  /// Whether the last block of channels is filled up with zeros.
  var isPadded: Bool { byteCount > shape.reduce(MemoryLayout<Float>.size, *) }

  /// Whether operations may be fused into a binary kernel. If a block is not a vector, and the last one
  /// is not full, oneDNN 2.5 and 2.6 then write past the end of the target.
  var allowsPostOperations: Bool {
    guard case .blocked(let size) = kind else { return kind != nil }
    return size == Processor.blockSize || shape[1] % max(size, Processor.blockSize) == 0
  }

  func isEqual(to other: Layout) -> Bool {
    self === other || conednn_layout_equal(pointer, other.pointer) != 0
  }

  /// Its kind; nil for a layout that only oneDNN knows.
  var kind: Kind? {
    let kinds: [Kind] =
      (3...5).contains(shape.count)
      ? [.plain, .blocked(16), .blocked(8), .channelsLast, .blocked(4)] : [.plain]
    return kinds.first { kind in (try? Layout(kind, shape))?.isEqual(to: self) ?? false }
  }
}
