package import DBNTensors

extension Operation {
  /// No operand. The rows and, below these, the columns of the elements of a matrix that are above (or
  /// below) a diagonal and on it, row by row.
  ///
  /// - Parameter offset: how far the diagonal is above the main diagonal; negative: below.
  public static func triangleIndices(
    isUpper: Bool, rows: Int, columns: Int, offset: Int
  ) -> Operation {
    Operation(TriangleIndices(isUpper: isUpper, rows: rows, columns: columns, offset: offset))
  }

  /// `torch.triu_indices` and `torch.tril_indices`.
  package struct TriangleIndices: GraphOperation {
    let isUpper: Bool
    let rows: Int
    let columns: Int
    let offset: Int

    /// The most rows and columns, with which no count overflows.
    private static let limit = 1 << 30

    package static var names: [String] { ["triangleIndices"] }

    init(isUpper: Bool, rows: Int, columns: Int, offset: Int) {
      self.isUpper = isUpper
      self.rows = rows
      self.columns = columns
      self.offset = offset
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      self.init(
        isUpper: try reader.bool("upper"), rows: try reader.int("rows"),
        columns: try reader.int("columns"), offset: try reader.int("offset"))
    }

    package var attributes: [JSON.Member] {
      [
        .init("upper", .bool(isUpper)), .init("rows", .int(rows)),
        .init("columns", .int(columns)), .init("offset", .int(offset)),
      ]
    }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      guard 0...Self.limit ~= rows, 0...Self.limit ~= columns else {
        throw .shape("a triangle cannot be of \(rows) rows and \(columns) columns")
      }
      // Beyond these bounds the triangle is empty or everything.
      let offset = min(max(offset, -rows), columns)
      let below = elements(below: isUpper ? offset - 1 : offset)
      return (
        .triangleIndices(isUpper: isUpper, rows: rows, columns: columns, offset: offset),
        [[2, isUpper ? rows * columns - below : below]]
      )
    }

    /// The number of elements below a diagonal and on it.
    private func elements(below offset: Int) -> Int {
      // Rows are first empty, then each has one element more, then all.
      let empty = min(rows, max(0, -offset - 1))
      let growing = min(rows, max(empty, columns - offset - 1))
      let (first, last) = (empty + offset + 1, growing + offset)
      return (growing - empty) * (first + last) / 2 + (rows - growing) * columns
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      var values: [Double] = []
      values.reserveCapacity(2 * shapes[0][1])
      for row in filledRows { values += repeatElement(Double(row), count: columns(of: row).count) }
      for row in filledRows { values += columns(of: row).map { Double($0) } }
      return [try DenseArray(shape: shapes[0], values: values)]
    }

    /// The rows that have elements, so that no time is spent on others.
    private var filledRows: Range<Int> {
      if columns == 0 { return 0..<0 }
      return isUpper
        ? 0..<min(rows, max(0, columns - offset)) : min(rows, max(0, -offset))..<rows
    }

    private func columns(of row: Int) -> Range<Int> {
      let diagonal = row + offset
      return isUpper
        ? min(max(diagonal, 0), columns)..<columns : 0..<min(max(diagonal + 1, 0), columns)
    }

    package static var handlers: [String: GraphImporter.Handler] {
      ["triu_indices": handler(isUpper: true), "tril_indices": handler(isUpper: false)]
    }

    private static func handler(isUpper: Bool) -> GraphImporter.Handler {
      { importer, call throws(CheckpointError) in
        call.ignoreTensorOptions()
        let operation = Operation.triangleIndices(
          isUpper: isUpper, rows: try call.int("row"), columns: try call.int("col"),
          offset: try call.int("offset", default: 0))
        return try importer.result(operation, [], call)
      }
    }
  }
}
