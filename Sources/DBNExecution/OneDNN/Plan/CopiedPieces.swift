import DBNCOneDNN
import DBNModels

/// A strided copy as several of the same shape, none of which reads an element twice: oneDNN's layouts
/// have no dimensions that overlap, repeat elements or run backwards.
struct CopiedPieces {
  /// The shape of each piece, and the strides of its dimensions in both arrays.
  private(set) var shape: [Int] = []
  private(set) var source: [Int] = []
  private(set) var target: [Int] = []
  /// The first element of each piece in both arrays; none if nothing is copied.
  private(set) var starts: [(source: Int, target: Int)]

  private typealias Dimension = (size: Int, source: Int, target: Int)

  /// More pieces than this cost more than the reference's loops.
  private static let limit = 64

  /// - Returns: nil if there are too many pieces, or dimensions.
  init?(_ copy: StridedCopy) {
    starts = copy.shape.contains(0) ? [] : [(copy.source.start, copy.target.start)]
    var dimensions: [Dimension] = copy.shape.indices.filter { copy.shape[$0] != 1 }.map {
      (copy.shape[$0], copy.source.strides[$0], copy.target.strides[$0])
    }
    while !starts.isEmpty, let index = Self.overlap(dimensions) {
      let taken = dimensions.remove(at: index)
      guard taken.size <= Self.limit / starts.count else { return nil }
      starts = starts.flatMap { start in
        (0..<taken.size).map {
          (start.source + $0 * taken.source, start.target + $0 * taken.target)
        }
      }
    }
    if dimensions.isEmpty { dimensions = [(1, 1, 1)] }
    guard dimensions.count <= Int(CONEDNN_MAX_NDIMS) else { return nil }
    (shape, source) = (dimensions.map(\.size), dimensions.map(\.source))
    target = dimensions.map(\.target)
  }

  /// The index of a dimension without which fewer overlap in the source; nil if none do.
  private static func overlap(_ dimensions: [Dimension]) -> Int? {
    if let index = dimensions.firstIndex(where: { $0.source <= 0 }) { return index }
    let order = dimensions.indices.sorted { dimensions[$0].source < dimensions[$1].source }
    let pair = zip(order, order.dropFirst()).first { inner, outer in
      dimensions[inner].source * dimensions[inner].size > dimensions[outer].source
    }
    return pair.map { dimensions[$0].size < dimensions[$1].size ? $0 : $1 }
  }
}
