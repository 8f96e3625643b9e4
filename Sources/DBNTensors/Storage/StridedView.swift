/// Elements of an array: some of them, in another order, or repeated.
package struct StridedView: Sendable {
  package let shape: [Int]
  /// Where they are in the array. The stride of a dimension of size one means nothing.
  package let layout: ScatteredCopy.Layout
  /// The size of an element in bytes.
  package let elementSize: Int

  /// The caller has checked that there are elements, and that all are inside the array.
  package init(shape: [Int], layout: ScatteredCopy.Layout, elementSize: Int) {
    self.shape = shape
    self.layout = layout
    self.elementSize = elementSize
  }

  /// The size of the elements in bytes.
  var byteCount: Int { shape.reduce(elementSize, *) }

  /// The dimensions with more than one index.
  private var dimensions: [(size: Int, stride: Int)] {
    zip(shape, layout.strides).filter { $0.0 > 1 }.map { ($0, $1) }
  }

  /// How many bytes of the array there are from the first to the last element.
  var reach: Int { dimensions.reduce(elementSize) { $0 + ($1.size - 1) * $1.stride } }

  /// Whether neighbours in row-major order are near each other in the array: no dimension has a
  /// smaller stride than one inside it. An expanded dimension only repeats what is inside it.
  var isInOrder: Bool {
    let strides = dimensions.map(\.stride).filter { $0 != 0 }
    return zip(strides, strides.dropFirst()).allSatisfy { $0 >= $1 }
  }

  /// Whether elements of one dimension are between those of another, or are the same, as in sliding
  /// windows. Expanded dimensions do not count.
  package var isOverlapping: Bool {
    var reach = elementSize
    for (size, stride) in dimensions.filter({ $0.stride > 0 }).sorted(by: { $0.stride < $1.stride })
    {
      if stride < reach { return true }
      reach += (size - 1) * stride
    }
    return false
  }
}

extension ScatteredCopy {
  /// Copies the elements of a view to row-major order.
  init(_ view: StridedView) {
    // The stride of a dimension of size one means nothing.
    let strides = zip(view.shape, view.layout.strides).map { $0 == 1 ? 0 : $1 }
    self.init(
      shape: view.shape, from: Layout(start: view.layout.start, strides: strides),
      to: Layout(rowMajor: view.shape, elementSize: view.elementSize),
      elementSize: view.elementSize)
  }
}
