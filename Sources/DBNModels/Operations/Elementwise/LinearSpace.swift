package import DBNTensors

extension Operation {
  /// No operand. Numbers at equal distances from `start` to `end`.
  public static func linearSpace(start: Double, end: Double, count: Size) -> Operation {
    Operation(LinearSpace(start: start, end: end, count: count))
  }

  /// `torch.linspace`.
  package struct LinearSpace: GraphOperation {
    let start: Double
    let end: Double
    let count: Size

    package static var names: [String] { ["linearSpace"] }

    init(start: Double, end: Double, count: Size) {
      self.start = start
      self.end = end
      self.count = count
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      self.init(
        start: try reader.number("start"), end: try reader.number("end"),
        count: try reader.size("count"))
    }

    package var attributes: [JSON.Member] {
      [.init("start", .double(start)), .init("end", .double(end)), .init("count", count.json)]
    }

    package var sizes: [Size] { [count] }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let number = try operands.fixed(count)
      guard number >= 0 else { throw .shape("a line cannot have \(number) numbers") }
      return (.linearSpace(start: start, end: end, count: .fixed(number)), [[number]])
    }

    /// The second half counts from the end, so that the last number is exact.
    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let count = shapes[0][0]
      let step = (end - start) / Double(Swift.max(count - 1, 1))
      return [
        DenseArray([count]) { output in
          for index in 0..<count {
            output[index] =
              index < (count + 1) / 2
              ? start + step * Double(index) : end - step * Double(count - index - 1)
          }
        }
      ]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "linspace": { importer, call throws(CheckpointError) in
          call.ignoreTensorOptions()
          let operation = Operation.linearSpace(
            start: try call.number("start", default: 0), end: try call.number("end", default: 0),
            count: try importer.sizes("steps", &call).orProgramError("`steps`")[0])
          return try importer.result(operation, [], call)
        }
      ]
    }
  }
}
