import DBNTensors

/// An equation of `einsum` for operands of known shapes: `bij,bjk->bik`.
///
/// A dimension is a label. Those that an ellipsis stands for are numbered from the last.
///
/// Source: `einsum` of `aten/src/ATen/native/Linear.cpp`.
struct EinsumEquation {
  enum Label: Hashable, Comparable {
    /// Of an ellipsis, by its distance from the last.
    case covered(Int)
    case letter(Character)
  }

  /// The labels of each operand's dimensions.
  let operands: [[Label]]
  let output: [Label]
  let sizes: [Label: Int]

  /// The longest equation: it has two letters for each of 26 dimensions of a dozen operands.
  private static let limit = 1 << 10

  init(_ equation: String, _ shapes: [[Int]]) throws(CheckpointError) {
    let sides = equation.filter { $0 != " " }
      .split(separator: "->", omittingEmptySubsequences: false)
    let terms = sides[0].split(separator: ",", omittingEmptySubsequences: false)
    guard equation.utf8.count <= Self.limit, sides.count <= 2, terms.count == shapes.count else {
      throw Self.invalid(equation, shapes)
    }
    var (operands, sizes): ([[Label]], [Label: Int]) = ([], [:])
    for (term, shape) in zip(terms, shapes) {
      guard let labels = Self.labels(term, rank: shape.count) else {
        throw Self.invalid(equation, shapes)
      }
      for (label, size) in zip(labels, shape) {
        let known = sizes[label] ?? 1
        guard known == 1 || size == 1 || known == size else {
          throw Self.invalid(equation, shapes)
        }
        sizes[label] = known == 1 ? size : known
      }
      operands.append(labels)
    }
    self.operands = operands
    self.sizes = sizes
    guard let output = Self.output(sides, operands), Set(output).count == output.count,
      output.allSatisfy({ sizes[$0] != nil })
    else { throw Self.invalid(equation, shapes) }
    self.output = output
  }

  private static func invalid(_ equation: String, _ shapes: [[Int]]) -> CheckpointError {
    .shape("operands \(shapes) do not fit the equation '\(equation.visible())'")
  }

  /// The labels of a term; nil if it does not fit the rank.
  private static func labels(_ term: Substring, rank: Int) -> [Label]? {
    guard let ellipsis = term.firstRange(of: "...") else {
      let labels = term.map { Label.letter($0) }
      return labels.count == rank && term.allSatisfy(\.isLetter) ? labels : nil
    }
    let (head, tail) = (term[..<ellipsis.lowerBound], term[ellipsis.upperBound...])
    let covered = rank - head.count - tail.count
    guard covered >= 0, (head + tail).allSatisfy(\.isLetter) else { return nil }
    return head.map { .letter($0) } + (0..<covered).reversed().map { .covered($0) }
      + tail.map { .letter($0) }
  }

  /// The labels of the result. If none are given: those of an ellipsis, then the letters that occur
  /// once, in alphabetical order.
  private static func output(_ sides: [Substring], _ operands: [[Label]]) -> [Label]? {
    let all = operands.joined()
    let covered = Set(all.filter { if case .covered = $0 { true } else { false } })
    if sides.count == 2 {
      let letters = sides[1].replacing("...", with: "").count
      let rank = letters + (sides[1].contains("...") ? covered.count : 0)
      return labels(sides[1], rank: rank)
    }
    let counts = Dictionary(grouping: all) { $0 }.mapValues(\.count)
    let once = counts.filter { $0.value == 1 && !covered.contains($0.key) }.keys
    return covered.sorted(by: >) + once.sorted()
  }

  /// How the second operand's matrices lie if the equation multiplies those of two stacks,
  /// [..., M, K] and [..., K, N]; nil if it does something else.
  ///
  /// - Parameter shapes: the operands' shapes, none of which may be broadcast.
  func product(of shapes: [[Int]]) -> MatrixOrder? {
    guard operands.count == 2, output.count > 2, operands.allSatisfy({ $0.count == output.count }),
      shapes == operands.map({ labels in labels.map { sizes[$0] ?? 1 } })
    else { return nil }
    let stack = output.count - 2
    let (left, right) = (operands[0], operands[1])
    let (rows, columns, inner) = (output[stack], output[stack + 1], left[stack + 1])
    guard left == output[..<stack] + [rows, inner], right[..<stack] == output[..<stack],
      inner != columns, !output.contains(inner)
    else { return nil }
    if right[stack...] == [inner, columns] { return .plain }
    return right[stack...] == [columns, inner] ? .transposed : nil
  }

  /// The shape of the result.
  var shape: [Int] { output.map { sizes[$0] ?? 1 } }
}
