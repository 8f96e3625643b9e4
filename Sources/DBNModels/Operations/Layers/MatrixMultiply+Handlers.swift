import DBNTensors

extension Operation.MatrixMultiply {
  package static var handlers: [String: GraphImporter.Handler] {
    [
      "mm": product("self", "mat2"), "bmm": product("self", "mat2"),
      "mv": product("self", "vec"), "dot": product("self", "tensor"),
      "vdot": product("self", "other"), "matmul": product("self", "other"),
      "linalg_matmul": product("self", "other"),
      "baddbmm": sum("batch1", "batch2"), "addmv": sum("mat", "vec"),
      "addbmm": { importer, call throws(CheckpointError) in
        let products = try importer.product(
          call.tensor("batch1"), call.tensor("batch2"), named: call.node.name + ".products")
        let sum = try importer.single(
          .sum(dimensions: [0], keepsDimensions: false), [products], call.node.name + ".sum")
        return try importer.added(sum, &call)
      },
      "kron": { importer, call throws(CheckpointError) in try importer.kronecker(&call) },
      "outer": { importer, call throws(CheckpointError) in
        let column = try importer.single(
          .unsqueeze(dimension: 1), [importer.operand(of: call.tensor())],
          call.node.name + ".column")
        return try importer.result(
          .multiply, [column, importer.operand(of: call.tensor("vec2"))], call)
      },
    ]
  }

  private static func product(_ left: String, _ right: String) -> GraphImporter.Handler {
    { importer, call throws(CheckpointError) in
      let name = GraphImporter.name(of: call)
      return [.new(try importer.product(call.tensor(left), call.tensor(right), named: name))]
    }
  }

  /// `beta * self + alpha * (left @ right)`
  private static func sum(_ left: String, _ right: String) -> GraphImporter.Handler {
    { importer, call throws(CheckpointError) in
      let product = try importer.product(
        call.tensor(left), call.tensor(right), named: call.node.name + ".product")
      return try importer.added(product, &call)
    }
  }
}

extension GraphImporter {
  /// `torch.matmul`: a vector is a row on the left and a column on the right, and has no dimension
  /// of its own in the result.
  fileprivate mutating func product(
    _ left: String, _ right: String, named name: String
  ) throws(CheckpointError) -> Graph.Operand {
    let (isRow, isColumn) = (try meta(left).rank == 1, try meta(right).rank == 1)
    var operands = [try operand(of: left), try operand(of: right)]
    if isRow {
      operands[0] = try single(.unsqueeze(dimension: 0), [operands[0]], name + ".row")
    }
    if isColumn {
      operands[1] = try single(.unsqueeze(dimension: 1), [operands[1]], name + ".column")
    }
    guard isRow || isColumn else { return try single(.matrixMultiply, operands, name) }
    let product = try single(.matrixMultiply, operands, name + ".matrix")
    let dimensions = (isRow ? [-2] : []) + (isColumn ? [-1] : [])
    return try single(.squeeze(dimensions: dimensions), [product], name)
  }

  /// Each element of the first tensor times the whole second one: both get a dimension of size 1
  /// beside each of the other's.
  fileprivate mutating func kronecker(
    _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    let names = [try call.tensor(), try call.tensor("other")]
    var shapes: [[Size]] = []
    for name in names { shapes.append(try sizes(of: name)) }
    let rank = max(shapes[0].count, shapes[1].count)
    shapes = shapes.map { [Size](repeating: 1, count: rank - $0.count) + $0 }
    let one = Size.fixed(1)
    let apart = [shapes[0].flatMap { [$0, one] }, shapes[1].flatMap { [one, $0] }]
    var operands: [Graph.Operand] = []
    for (name, shape) in zip(names, apart) {
      operands.append(try single(.reshape(shape), [operand(of: name)], call.node.name + ".apart"))
    }
    let products = try single(.multiply, operands, call.node.name + ".products")
    let sizes = zip(shapes[0], shapes[1]).map { Size.computed(.product, $0, $1) }
    return try result(.reshape(sizes), [products], call)
  }

  /// `beta * self + alpha * product`
  mutating func added(
    _ product: Graph.Operand, _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    let beta = try call.number("beta", default: 1)
    let alpha = try call.number("alpha", default: 1)
    var addend = try operand(of: call.tensor())
    if beta != 1 {
      addend = try single(.multiplyScalar(beta), [addend], "\(Self.name(of: call)).addend")
    }
    return try result(.add(scale: alpha), [addend, product], call)
  }
}
