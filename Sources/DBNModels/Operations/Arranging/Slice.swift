package import DBNTensors

extension Operation {
  /// Bounds beyond the ends are clipped; negative bounds count from the end.
  public static func slice(dimension: Int, start: Size, end: Size, step: Int) -> Operation {
    Operation(Slice(dimension: dimension, start: start, end: end, step: step))
  }

  /// `x[start:end:step]` along a dimension.
  package struct Slice: StridedCopying {
    package let dimension: Int
    package let start: Size
    let end: Size
    package let step: Int

    package static var names: [String] { ["slice"] }

    init(dimension: Int, start: Size, end: Size, step: Int) {
      self.dimension = dimension
      self.start = start
      self.end = end
      self.step = step
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      self.init(
        dimension: try reader.int("dimension"), start: try reader.size("start"),
        end: try reader.size("end"), step: try reader.int("step"))
    }

    package var attributes: [JSON.Member] {
      [
        .init("dimension", .int(dimension)), .init("start", start.json), .init("end", end.json),
        .init("step", .int(step)),
      ]
    }

    package var sizes: [Size] { [start, end] }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let (slice, shape) = try cut(operands)
      return (Operation(slice), [shape])
    }

    /// The slice with its bounds clipped to the operand, and the shape of its result.
    func cut(
      _ operands: OperandShapes
    ) throws(CheckpointError) -> (slice: Slice, shape: [Int]) {
      let input = try operands.required(0)
      guard step > 0 else { throw .shape("a slice cannot have the step \(step)") }
      let dimension = try input.dimension(self.dimension)
      let size = input[dimension]
      func bound(_ value: Size) throws(CheckpointError) -> Int {
        let number = try operands.fixed(value)
        return Swift.min(Swift.max(number < 0 ? number + size : number, 0), size)
      }
      let start = try bound(self.start)
      let end = Swift.max(try bound(self.end), start)
      let count = end == start ? 0 : (end - start - 1) / step + 1
      // Of steps over the whole dimension, all are the same; a large one could overflow.
      let step = Swift.min(step, size + 1)
      return (
        Slice(dimension: dimension, start: .fixed(start), end: .fixed(end), step: step),
        input.replacing(dimension, with: count)
      )
    }

    package func copies(of input: [Int], to shapes: [[Int]]) -> [StridedCopy] {
      let strides = input.strides
      return [StridedCopy(shapes[0], from: offset(strides), strides: self.strides(strides))]
    }

    /// The strides of its elements in an array with these strides.
    func strides(_ strides: [Int]) -> [Int] {
      var strides = strides
      strides[dimension] *= step
      return strides
    }

    /// The offset of its first element in an array with these strides.
    func offset(_ strides: [Int]) -> Int { (start.number ?? 0) * strides[dimension] }

    package func restored(
      _ change: ViewChange, in importer: inout GraphImporter
    ) throws(CheckpointError) -> Graph.Operand {
      let scatter = Operation.sliceScatter(
        dimension: dimension, start: start, end: end, step: step)
      return try importer.single(scatter, [change.whole, change.part], change.name)
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "slice": { importer, call throws(CheckpointError) in
          let slice = try importer.slice(&call)
          return try importer.view(of: call.tensor(), Operation(slice))
        },
        "narrow": { importer, call throws(CheckpointError) in
          let start = try importer.sizes("start", &call).orProgramError("`start`")[0]
          let length = try importer.sizes("length", &call).orProgramError("`length`")[0]
          let end: Size =
            if let start = start.number, let length = length.number {
              .fixed(start &+ length)
            } else {
              .computed(.sum, start, length)
            }
          return try importer.view(
            of: call.tensor(),
            .slice(dimension: call.int("dim"), start: start, end: end, step: 1))
        },
      ]
    }
  }
}

extension GraphImporter {
  /// The slice that a call's arguments describe.
  func slice(_ call: inout ProgramCall) throws(CheckpointError) -> Operation.Slice {
    Operation.Slice(
      dimension: try call.int("dim", default: 0), start: try sizes("start", &call)?.first ?? 0,
      end: try sizes("end", &call)?.first ?? .fixed(.max), step: try call.int("step", default: 1))
  }
}
