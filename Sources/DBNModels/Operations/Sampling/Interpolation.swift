package import DBNTensors

extension Operation {
  /// Operand: input [N, C, ...] of 1, 2 or 3 spatial dimensions, which get other sizes.
  public static func interpolate(_ attributes: Interpolation) -> Operation {
    Operation(attributes)
  }

  /// The attributes of `torch.nn.functional.interpolate`.
  public struct Interpolation: GraphOperation {
    /// The elements that a new element is made of.
    public enum Mode: String, Sendable, Hashable, CaseIterable {
      /// The element before the position; what PyTorch calls `nearest`.
      case nearest
      /// The element at the position.
      case nearestExact
      /// The two neighbours along each dimension: `linear`, `bilinear`, `trilinear`.
      case linear
      /// The four neighbours along each dimension: `bicubic`.
      case cubic
      /// The six neighbours along each dimension, antialiased.
      case lanczos
    }

    /// How new elements are made.
    public var mode: Mode
    /// The new size of each spatial dimension; empty if the scales define them.
    public var sizes: [Size]
    /// The factor of each spatial dimension, by which positions are computed; empty if the sizes
    /// define it.
    public var scales: [Double]
    /// Whether the first and the last elements of the input and the output have the same positions.
    public var alignsCorners: Bool
    /// Whether elements of a smaller output are averages over all elements that they cover.
    public var antialiases: Bool

    /// Makes the attributes, of which `sizes` or `scales` must be given.
    public init(
      _ mode: Mode, sizes: [Size] = [], scales: [Double] = [], alignsCorners: Bool = false,
      antialiases: Bool = false
    ) {
      self.mode = mode
      self.sizes = sizes
      self.scales = scales
      self.alignsCorners = alignsCorners
      self.antialiases = antialiases
    }

    /// The largest size of a dimension: the neighbours of each of its elements are in memory.
    private static let limit = 1 << 26

    package static var names: [String] { ["interpolate"] }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      guard let mode = Mode(rawValue: try reader.text("mode")) else { throw reader.invalid("mode") }
      self.init(
        mode, sizes: try reader.sizes("sizes"), scales: try reader.numbers("scales"),
        alignsCorners: try reader.bool("align_corners"), antialiases: try reader.bool("antialias"))
    }

    package var attributes: [JSON.Member] {
      [
        .init("mode", .string(mode.rawValue)), .init("sizes", .sizes(sizes)),
        .init("scales", .array(scales.map { .double($0) })),
        .init("align_corners", .bool(alignsCorners)), .init("antialias", .bool(antialiases)),
      ]
    }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let input = try operands.required(0)
      let rank = max(sizes.count, scales.count)
      guard (1...3).contains(rank), input.count == rank + 2,
        sizes.isEmpty || sizes.count == rank, scales.isEmpty || scales.count == rank,
        mode != .lanczos || antialiases
      else { throw .shape("an input \(input) cannot be resized in \(rank) dimensions") }
      let spatial = [Int](input.suffix(rank))
      let scaled = scales.isEmpty ? nil : try scaled(spatial)
      let output = if sizes.isEmpty, let scaled { scaled } else { try operands.numbers(sizes) }
      guard (spatial + output).allSatisfy({ 1...Self.limit ~= $0 }) else {
        throw .shape("an input \(input) cannot be resized to \(output)")
      }
      if let scaled, scaled != output {
        throw .shape("the sizes \(output) are not those by the scales, \(scaled)")
      }
      var fixed = self
      fixed.sizes = output.map { .fixed($0) }
      return (Operation(fixed), [input.dropLast(rank) + output])
    }

    /// The sizes multiplied by the scales.
    private func scaled(_ spatial: [Int]) throws(CheckpointError) -> [Int] {
      try zip(spatial, scales).map { pair throws(CheckpointError) in
        let product = Double(pair.0) * pair.1
        guard 0...Double(Self.limit) ~= product, 1 / pair.1 <= Double(Self.limit) else {
          throw .shape("a size of \(pair.0) cannot be multiplied by \(pair.1)")
        }
        return Int(product)
      }
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let input = try operands.required(0)
      let axes = sizes.indices.map { axis in
        Resampling(
          self, input.shape[axis + 2], to: shapes[0][axis + 2],
          scale: scales.isEmpty ? nil : scales[axis])
      }
      return [try input.resampled(axes)]
    }
  }
}
