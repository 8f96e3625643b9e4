import DBNTensors

/// The numbers of one tensor.
struct TensorValues {
  /// The file that it is from.
  let path: String
  let name: String
  let tensor: Tensor

  /// How many numbers the text has at most.
  private static let limit = 1000

  /// All numbers in row-major order.
  func json() throws(CheckpointError) -> JSON {
    [
      "name": .string(name), "dtype": .string(tensor.scalarType.name),
      "shape": .array(tensor.shape.map { .int($0) }),
      "values": .array(try numbers().map(\.json)),
    ]
  }

  /// One line for each row of the last dimension, which begins with the row's index.
  func lines() throws(CheckpointError) -> [String] {
    let numbers = try numbers()
    let rowLength = max(1, tensor.shape.last ?? 1)
    let shown = numbers.prefix(Self.limit).map(\.text)
    var lines = stride(from: 0, to: shown.count, by: rowLength).map { start in
      let row = shown[start..<min(start + rowLength, shown.count)].joined(separator: "  ")
      return index(ofRowAt: start / rowLength).map { "\($0)  \(row)" } ?? row
    }
    if numbers.count > shown.count {
      lines.append("... and \(numbers.count - shown.count) more numbers (--json prints all)")
    }
    return ["\(name.visible())  \(tensor.scalarType.name) \(tensor.shape)"] + lines
  }

  private func index(ofRowAt row: Int) -> String? {
    guard tensor.shape.count > 1 else { return nil }
    var (rest, indices) = (row, [Int]())
    for size in tensor.shape.dropLast().reversed() {
      indices.append(rest % max(1, size))
      rest /= max(1, size)
    }
    return "\(Array(indices.reversed()))"
  }

  private enum Number {
    case integer(Int)
    case real(Double, text: String)

    var text: String {
      switch self {
      case .integer(let number): "\(number)"
      case .real(_, let text): text
      }
    }

    var json: JSON {
      switch self {
      case .integer(let number): .int(number)
      case .real(let number, _): .double(number)
      }
    }
  }

  private func numbers() throws(CheckpointError) -> [Number] {
    do throws(CheckpointError) {
      guard tensor.scalarType.isFloatingPoint else {
        return try tensor.integers().map { .integer($0) }
      }
      return try tensor.doubles().map { number in
        .real(number, text: tensor.scalarType == .float64 ? "\(number)" : "\(Float(number))")
      }
    } catch {
      throw error.with(path: path, name: name)
    }
  }
}
