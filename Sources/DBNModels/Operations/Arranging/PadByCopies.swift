package import DBNTensors

extension Operation {
  /// Adds copies of a tensor's own elements before and after each of the last dimensions; negative
  /// numbers remove elements.
  public static func pad(before: [Size], after: [Size], by copies: PaddingCopies) -> Operation {
    Operation(PadByCopies(before: before, after: after, copies: copies))
  }

  /// Which elements a dimension is extended by.
  public enum PaddingCopies: String, Sendable, Hashable, CaseIterable {
    /// The neighbours of the last element, in reversed order.
    case reflect
    /// The last element.
    case replicate
    /// The elements from the other end.
    case circular
  }

  /// `torch.nn.functional.pad` without a constant.
  package struct PadByCopies: GraphOperation {
    let before: [Size]
    let after: [Size]
    let copies: PaddingCopies

    package static var names: [String] { ["padByCopies"] }

    init(before: [Size], after: [Size], copies: PaddingCopies) {
      self.before = before
      self.after = after
      self.copies = copies
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      guard let copies = PaddingCopies(rawValue: try reader.text("copies")) else {
        throw reader.invalid("copies")
      }
      self.init(
        before: try reader.sizes("before"), after: try reader.sizes("after"), copies: copies)
    }

    package var attributes: [JSON.Member] {
      [
        .init("before", .sizes(before)), .init("after", .sizes(after)),
        .init("copies", .string(copies.rawValue)),
      ]
    }

    package var sizes: [Size] { before + after }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let input = try operands.required(0)
      let (before, after) = (try operands.numbers(before), try operands.numbers(after))
      let shape = try input.padded(before, after)
      let sizes = input.suffix(before.count)
      guard zip(sizes, zip(before, after)).allSatisfy({ copies.canPad($0, $1.0, $1.1) }) else {
        throw .shape(
          "\(input) cannot be padded by \(before) and \(after) in the mode '\(copies.rawValue)'")
      }
      let fixed = PadByCopies(
        before: before.map { .fixed($0) }, after: after.map { .fixed($0) }, copies: copies)
      return (Operation(fixed), [shape])
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let input = try operands.required(0)
      let untouched = input.shape.count - before.count
      let axes = before.indices.map { axis in
        let size = input.shape[untouched + axis]
        let (before, after) = (before[axis].number ?? 0, after[axis].number ?? 0)
        return Resampling(copying: size, to: shapes[0][untouched + axis]) {
          copies.source(of: $0, size, before, after)
        }
      }
      return [try input.resampled(axes)]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      GraphImporter.handlers(ofRanks: 1...3, { "reflection_pad\($0)d" }) { _ in handler(.reflect) }
        .merging(
          GraphImporter.handlers(ofRanks: 1...3, { "replication_pad\($0)d" }) { _ in
            handler(.replicate)
          }
        ) { first, _ in first }
    }

    private static func handler(_ copies: PaddingCopies) -> GraphImporter.Handler {
      { importer, call throws(CheckpointError) in
        let (before, after) = try importer.padding("padding", &call)
        return try importer.result(
          .pad(before: before, after: after, by: copies), of: call.tensor(), call)
      }
    }
  }
}

extension Operation.PaddingCopies {
  /// Whether a dimension of this size has enough elements.
  fileprivate func canPad(_ size: Int, _ before: Int, _ after: Int) -> Bool {
    let count = max(before, after)
    return switch self {
    case .reflect: count < max(size, 1)
    case .replicate: size > 0 || count <= 0
    case .circular: count <= kept(size, before, after).count
    }
  }

  /// The index of the element that is copied to an index of the padded dimension.
  fileprivate func source(of index: Int, _ size: Int, _ before: Int, _ after: Int) -> Int {
    let index = index - before
    switch self {
    case .reflect: return index < 0 ? -index : index < size ? index : 2 * (size - 1) - index
    case .replicate: return min(max(index, 0), size - 1)
    case .circular:
      // What is removed is removed first.
      let kept = kept(size, before, after)
      let isBefore = index < kept.lowerBound
      return isBefore ? index + kept.count : index < kept.upperBound ? index : index - kept.count
    }
  }

  /// The elements that negative numbers do not remove.
  private func kept(_ size: Int, _ before: Int, _ after: Int) -> Range<Int> {
    let first = min(max(0, -before), size)
    return first..<max(first, size - max(0, -after))
  }
}
