package import DBNTensors

extension Operation {
  /// The same elements in another shape, in which one size may be inferred.
  public static func reshape(_ sizes: [Size]) -> Operation { Operation(Reshape(sizes)) }

  /// `torch.reshape`.
  package struct Reshape: Reshaping {
    package let sizes: [Size]

    package static var names: [String] { ["reshape"] }

    init(_ sizes: [Size]) {
      self.sizes = sizes
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      sizes = try reader.sizes("sizes")
    }

    package var attributes: [JSON.Member] { [.init("sizes", .sizes(sizes))] }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let shape = try shape(of: operands.required(0), operands)
      return (.reshape(shape.map { .fixed($0) }), [shape])
    }

    private func shape(
      of input: [Int], _ operands: OperandShapes
    ) throws(CheckpointError) -> [Int] {
      let numbers = try operands.inferred(sizes)
      let known = numbers.compactMap(\.self)
      guard let count = input.product, let product = known.product,
        known.allSatisfy({ $0 >= 0 }), numbers.count - known.count <= 1
      else { throw .shape("\(input) cannot be reshaped to \(numbers.sizeText)") }
      if numbers.count == known.count {
        guard product == count else { throw .shape("\(input) cannot be reshaped to \(known)") }
        return known
      }
      guard product > 0, count % product == 0 else {
        throw .shape("\(input) cannot be reshaped to \(numbers.sizeText)")
      }
      return numbers.map { $0 ?? count / product }
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "view": { importer, call throws(CheckpointError) in
          if call.has("dtype") { throw call.unsupported("a view of the bytes as another type") }
          return try importer.reshaped(&call, .reshape(importer.shape("size", &call)))
        },
        "reshape": { importer, call throws(CheckpointError) in
          try importer.reshaped(&call, .reshape(importer.shape("shape", &call)))
        },
        "view_as": { importer, call throws(CheckpointError) in
          try importer.reshaped(&call, .reshape(importer.sizes(of: call.tensor("other"))))
        },
        "reshape_as": { importer, call throws(CheckpointError) in
          try importer.reshaped(&call, .reshape(importer.sizes(of: call.tensor("other"))))
        },
        "unflatten": { importer, call throws(CheckpointError) in
          try importer.unflattened(&call)
        },
        "_unsafe_view": { importer, call throws(CheckpointError) in
          try importer.result(.reshape(importer.shape("size", &call)), of: call.tensor(), call)
        },
      ]
    }
  }
}

extension GraphImporter {
  /// A view if PyTorch makes one, a copy if the order of the elements in memory rules it out.
  mutating func reshaped(
    _ call: inout ProgramCall, _ operation: Operation
  ) throws(CheckpointError) -> [Result] {
    let name = try call.tensor()
    guard try meta(name).canBeViewed(as: outputMeta(of: call)) else {
      return try result(operation, of: name, call)
    }
    return try view(of: name, operation)
  }

  /// The whole tensor after its elements were changed through another shape.
  mutating func reshapedBack(_ change: ViewChange) throws(CheckpointError) -> Graph.Operand {
    try single(
      .reshape(sizes(of: change.whole, rank: change.view.rank)), [change.part], change.name)
  }

  fileprivate mutating func unflattened(
    _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    let name = try call.tensor()
    let rank = try meta(name).rank
    let dimension = try dimensions([call.int("dim")], rank)[0]
    var sizes = try sizes(of: name)
    sizes.replaceSubrange(dimension...dimension, with: try shape("sizes", &call))
    return try view(of: name, .reshape(sizes))
  }
}
