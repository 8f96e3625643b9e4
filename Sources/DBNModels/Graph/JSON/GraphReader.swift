import DBNTensors

/// An object in a graph's JSON, whose members are read by name.
package struct GraphReader {
  let json: JSON

  init(_ json: JSON) {
    self.json = json
  }

  func all<Value>(
    _ name: String, _ body: (GraphReader) throws(CheckpointError) -> Value
  ) throws(CheckpointError) -> [Value] {
    guard let elements = json[name]?.array else { throw invalid(name) }
    guard elements.count <= Graph.nodeLimit else {
      throw CheckpointError(.limitExceeded, "`\(name)` has more than \(Graph.nodeLimit) elements")
    }
    return try elements.map { element throws(CheckpointError) in try body(GraphReader(element)) }
  }

  func has(_ name: String) -> Bool { json[name] != nil }

  func text(_ name: String) throws(CheckpointError) -> String {
    guard let text = json[name]?.string else { throw invalid(name) }
    return text
  }

  func texts(_ name: String) throws(CheckpointError) -> [String] {
    try all(name) { element throws(CheckpointError) in
      guard let text = element.json.string else { throw invalid(name) }
      return text
    }
  }

  func int(_ name: String) throws(CheckpointError) -> Int {
    guard let number = json[name]?.int else { throw invalid(name) }
    return number
  }

  func ints(_ name: String) throws(CheckpointError) -> [Int] {
    try all(name) { element throws(CheckpointError) in
      guard let number = element.json.int else { throw invalid(name) }
      return number
    }
  }

  /// A shape in which null is an arbitrary size.
  func shape(_ name: String) throws(CheckpointError) -> [Int?] {
    guard let sizes = json[name]?.array else { throw invalid(name) }
    var shape: [Int?] = []
    for size in sizes {
      guard size == .null || size.int != nil else { throw invalid(name) }
      shape.append(size.int)
    }
    return shape
  }

  func bool(_ name: String) throws(CheckpointError) -> Bool {
    guard case .bool(let flag)? = json[name] else { throw invalid(name) }
    return flag
  }

  /// A float; values that JSON has no notation for are text.
  func number(_ name: String) throws(CheckpointError) -> Double {
    try number(json[name], of: name)
  }

  func numbers(_ name: String) throws(CheckpointError) -> [Double] {
    try all(name) { element throws(CheckpointError) in try number(element.json, of: name) }
  }

  private func number(_ json: JSON?, of name: String) throws(CheckpointError) -> Double {
    switch json {
    case .double(let number): return number
    case .int(let number): return Double(number)
    case .string("inf"): return .infinity
    case .string("-inf"): return -.infinity
    case .string("nan"): return .nan
    default: throw invalid(name)
    }
  }

  /// The type of bool or integers.
  func integralType(_ name: String) throws(CheckpointError) -> ScalarType {
    guard let type = ScalarType(rawValue: try text(name)), type.isIntegral else {
      throw invalid(name)
    }
    return type
  }

  func size(_ name: String) throws(CheckpointError) -> Size {
    guard let size = json[name] else { throw invalid(name) }
    return try Size(size)
  }

  func sizes(_ name: String) throws(CheckpointError) -> [Size] {
    try all(name) { element throws(CheckpointError) in try Size(element.json) }
  }

  func invalid(_ name: String) -> CheckpointError {
    CheckpointError(
      .invalidGraph, "the graph is broken: `\(name)` is missing or of the wrong kind",
      advice: "the file is damaged; get it again")
  }
}

extension Size {
  var json: JSON {
    switch self {
    case .fixed(let number): .int(number)
    case .inferred: "inferred"
    case .input(let dimension): ["input": .int(dimension)]
    case .dimension(let dimension, let name): ["dimension": .int(dimension), "of": .string(name)]
    case .computed(let arithmetic, let left, let right):
      .object([.init(arithmetic.rawValue, [left.json, right.json])])
    }
  }

  /// Recurses as deep as the JSON is nested, which the parser limits.
  init(_ json: JSON) throws(CheckpointError) {
    let reader = GraphReader(json)
    switch json {
    case .int(let number): self = .fixed(number)
    case .string("inferred"): self = .inferred
    case .object(let members) where members.first?.name == "input":
      self = .input(dimension: try reader.int("input"))
    case .object(let members) where members.first?.name == "dimension":
      self = .dimension(try reader.int("dimension"), of: try reader.text("of"))
    case .object(let members):
      guard let member = members.first, let arithmetic = Arithmetic(rawValue: member.name),
        let operands = member.value.array, operands.count == 2
      else { throw reader.invalid("size") }
      self = .computed(arithmetic, try Size(operands[0]), try Size(operands[1]))
    default: throw reader.invalid("size")
    }
  }
}
