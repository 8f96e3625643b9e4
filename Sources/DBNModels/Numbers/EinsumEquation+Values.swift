import DBNTensors

extension EinsumEquation {
  /// The sum of products of arrays that have the equation's shapes, two at a time from the left.
  ///
  /// - Throws: `limitExceeded` if the product of two is too large.
  func result(of arrays: [DenseArray]) throws(CheckpointError) -> DenseArray {
    var terms = zip(operands, arrays).map { Term($0, $1, sizes) }
    while terms.count > 1 {
      let (left, right) = (terms.removeFirst(), terms.removeFirst())
      let needed = Set(terms.flatMap(\.labels) + output)
      terms.insert(try left.product(with: right, keeping: needed, sizes), at: 0)
    }
    return terms[0].summed(keeping: Set(output)).arranged(as: output)
  }

  /// An array with a label for each dimension, none twice.
  private struct Term {
    let labels: [Label]
    let array: DenseArray

    init(labels: [Label], array: DenseArray) {
      self.labels = labels
      self.array = array
    }

    /// Dimensions with one label become their diagonal, those of size 1 are broadcast.
    init(_ labels: [Label], _ array: DenseArray, _ sizes: [Label: Int]) {
      var strides: [Label: Int] = [:]
      var distinct: [Label] = []
      for (label, (size, stride)) in zip(labels, zip(array.shape, array.shape.strides)) {
        if strides[label] == nil { distinct.append(label) }
        strides[label, default: 0] += size == 1 ? 0 : stride
      }
      self.labels = distinct
      self.array = array.part(
        distinct.map { sizes[$0] ?? 1 }, distinct.map { strides[$0] ?? 0 }, from: 0)
    }

    /// The sum over the labels that are not kept.
    func summed(keeping kept: Set<Label>) -> Term {
      let dimensions = labels.indices.filter { !kept.contains(labels[$0]) }
      if dimensions.isEmpty { return self }
      let shape = array.shape.reduced(dimensions, keeps: false)
      return Term(
        labels: labels.filter(kept.contains), array: array.summed(over: dimensions, to: shape))
    }

    func arranged(as order: [Label]) -> DenseArray {
      let (shape, strides) = (array.shape, array.shape.strides)
      let places = order.compactMap { labels.firstIndex(of: $0) }
      return array.part(places.map { shape[$0] }, places.map { strides[$0] }, from: 0)
    }

    /// The product, summed over the labels of both that are not kept, as a product of matrices.
    func product(
      with other: Term, keeping kept: Set<Label>, _ sizes: [Label: Int]
    ) throws(CheckpointError) -> Term {
      let left = summed(keeping: kept.union(other.labels))
      let right = other.summed(keeping: kept.union(labels))
      let shared = left.labels.filter(right.labels.contains)
      let (batch, inner) = (shared.filter(kept.contains), shared.filter { !kept.contains($0) })
      let rows = left.labels.filter { !shared.contains($0) }
      let columns = right.labels.filter { !shared.contains($0) }
      func count(_ labels: [Label]) -> Int { labels.reduce(1) { $0 * (sizes[$1] ?? 1) } }
      let result = batch + rows + columns
      let shape = result.map { sizes[$0] ?? 1 }
      guard let elements = shape.product, elements <= Graph.elementLimit else {
        throw CheckpointError(
          .limitExceeded,
          "a product \(shape) within the equation has more than \(Graph.elementLimit) elements",
          advice: "give a smaller batch")
      }
      let product = left.arranged(as: batch + rows + inner)
        .reshaped(to: [count(batch), count(rows), count(inner)])
        .multiplied(
          with: right.arranged(as: batch + inner + columns)
            .reshaped(to: [count(batch), count(inner), count(columns)]),
          to: [count(batch), count(rows), count(columns)])
      return Term(labels: result, array: product.reshaped(to: shape))
    }
  }
}
