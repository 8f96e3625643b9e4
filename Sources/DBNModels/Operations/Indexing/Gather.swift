package import DBNTensors

extension Operation {
  /// Operands: a tensor, indices with as many dimensions. An element of the result comes from the
  /// place of its index, which replaces one coordinate.
  public static func gather(dimension: Int) -> Operation {
    Operation(Gather(dimension: dimension))
  }

  /// `torch.gather`.
  package struct Gather: GraphOperation {
    let dimension: Int

    package static var names: [String] { ["gather"] }

    init(dimension: Int) {
      self.dimension = dimension
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      dimension = try reader.int("dimension")
    }

    package var attributes: [JSON.Member] { [.init("dimension", .int(dimension))] }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let (input, index) = (try operands.required(0), try operands.required(1))
      let axis = try input.dimension(dimension)
      guard index.fits(into: input, except: axis) else {
        throw .shape("indices \(index) do not fit \(input) along dimension \(dimension)")
      }
      return (.gather(dimension: axis), [index])
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let (input, index) = (try operands.required(0), try operands.required(1))
      let indices = try Indices(index, size: input.shape[dimension])
      return [input.gathered(indices.values, index.shape, along: dimension)]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "gather": { importer, call throws(CheckpointError) in
          call.ignore("sparse_grad")
          let operands = [
            try importer.operand(of: call.tensor()),
            try importer.operand(of: call.tensor("index")),
          ]
          return try importer.result(.gather(dimension: call.int("dim")), operands, call)
        },
        "take_along_dim": { importer, call throws(CheckpointError) in
          try importer.takenAlong(&call)
        },
      ]
    }
  }
}

extension [Int] {
  /// Whether no dimension is larger than the other shape's, one of them aside.
  func fits(into other: [Int], except dimension: Int) -> Bool {
    count == other.count && indices.allSatisfy { $0 == dimension || self[$0] <= other[$0] }
  }
}

extension GraphImporter {
  /// Reads `torch.take_along_dim`, whose operands broadcast in the other dimensions.
  fileprivate mutating func takenAlong(
    _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    let (name, index) = (try call.tensor(), try call.tensor("indices"))
    guard let dimension = try call.ints("dim")?.first else {
      let input = try single(
        .flatten(start: 0, end: -1), [operand(of: name)], call.node.name + ".input")
      let flat = try single(
        .flatten(start: 0, end: -1), [operand(of: index)], call.node.name + ".index")
      return try result(.gather(dimension: 0), [input, flat], call)
    }
    let rank = try meta(name).rank
    let axis = try dimensions([dimension], rank)[0]
    var (sizes, indexSizes) = (try sizes(of: name), try sizes(of: index))
    for other in 0..<rank where other != axis {
      let size = try Size.broadcast(
        (sizes[other], meta(name).shape[other]), (indexSizes[other], meta(index).shape[other]))
      (sizes[other], indexSizes[other]) = (size, size)
    }
    let input = try single(.expand(sizes), [operand(of: name)], call.node.name + ".input")
    let wide = try single(.expand(indexSizes), [operand(of: index)], call.node.name + ".index")
    return try result(.gather(dimension: axis), [input, wide], call)
  }
}

extension Size {
  /// The size that two dimensions broadcast to, each given by its size and what is known of it.
  fileprivate static func broadcast(_ first: (Size, Int?), _ second: (Size, Int?)) -> Size {
    first.1 == 1 ? second.0 : first.0
  }
}
