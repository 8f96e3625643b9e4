package import DBNTensors

extension Operation {
  /// Repeats dimensions of size 1 and adds new dimensions in front.
  public static func expand(_ sizes: [Size]) -> Operation { Operation(Expand(sizes)) }

  /// `torch.Tensor.expand`.
  package struct Expand: StridedCopying {
    package let sizes: [Size]

    package static var names: [String] { ["expand"] }

    init(_ sizes: [Size]) {
      self.sizes = sizes
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      sizes = try reader.sizes("sizes")
    }

    package var attributes: [JSON.Member] { [.init("sizes", .sizes(sizes))] }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let shape = try shape(of: operands.required(0), operands)
      return (.expand(shape.map { .fixed($0) }), [shape])
    }

    private func shape(
      of input: [Int], _ operands: OperandShapes
    ) throws(CheckpointError) -> [Int] {
      let numbers = try operands.inferred(sizes)
      let new = numbers.count - input.count
      guard new >= 0 else { throw .shape("\(input) cannot be expanded to \(numbers.sizeText)") }
      return try numbers.indices.map { index throws(CheckpointError) in
        let own = index < new ? nil : input[index - new]
        guard let size = numbers[index] ?? own, size >= 0, own == nil || own == 1 || own == size
        else { throw .shape("\(input) cannot be expanded to \(numbers.sizeText)") }
        return size
      }
    }

    package func copies(of input: [Int], to shapes: [[Int]]) -> [StridedCopy] {
      [StridedCopy(shapes[0], strides: input.strides(broadcastTo: shapes[0]))]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "expand": { importer, call throws(CheckpointError) in
          call.ignore("implicit")
          return try importer.view(of: call.tensor(), .expand(importer.shape("size", &call)))
        },
        "broadcast_to": { importer, call throws(CheckpointError) in
          try importer.view(of: call.tensor(), .expand(importer.shape("size", &call)))
        },
        "expand_as": { importer, call throws(CheckpointError) in
          let sizes = try importer.sizes(of: call.tensor("other"))
          return try importer.view(of: call.tensor(), .expand(sizes))
        },
        "copy": { importer, call throws(CheckpointError) in
          call.ignore("non_blocking")
          return try importer.copied("src", &call)
        },
      ]
    }
  }
}

extension GraphImporter {
  /// A tensor's elements in the shape of another and, if that is bool or integers, in its type.
  ///
  /// - Parameter source: the argument with the elements.
  mutating func copied(
    _ source: String, _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    let (target, source) = (try call.tensor(), try call.tensor(source))
    var operand = try operand(of: source)
    let (before, after) = (try meta(source).type, try meta(target).type)
    if let conversion = Operation.conversion(from: before, to: after) {
      operand = try single(conversion, [operand], call.node.name + ".converted")
    }
    return try result(.expand(sizes(of: target)), [operand], call)
  }
}
