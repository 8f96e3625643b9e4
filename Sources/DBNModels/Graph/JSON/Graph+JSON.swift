public import DBNTensors

extension Graph {
  /// The value of the member `format` in the graph's JSON.
  static let formatName = "dbn-graph"
  private static let version = 1

  /// The graph as JSON, in this library's form (docs/hdf5-schema.md).
  public var json: JSON {
    let json: JSON = [
      "format": .string(Self.formatName), "version": .int(Self.version), "name": .string(name),
      "inputs": .array(
        inputs.map(\.json)),
      "parameters": .array(
        parameters.map { ["key": .string($0.key), "shape": .ints($0.shape)] }),
      "nodes": .array(nodes.map(\.json)), "outputs": .array(outputs.map { .string($0) }),
    ]
    guard let members = json.members else { return json }
    return .object(
      members + Self.member("output_types", outputTypes.mapValues(\.rawValue))
        + Self.member("updates", updates))
  }

  /// A member with an object of texts; none if there are no texts.
  private static func member(_ name: String, _ texts: [String: String]) -> [JSON.Member] {
    if texts.isEmpty { return [] }
    let members = texts.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .string($0.value)) }
    return [JSON.Member(name, .object(members))]
  }

  private static func updates(_ reader: GraphReader) throws(CheckpointError) -> [String: String] {
    guard let json = reader.json["updates"] else { return [:] }
    guard let members = json.members else { throw reader.invalid("updates") }
    var updates: [String: String] = [:]
    for member in members { updates[member.name] = try GraphReader(json).text(member.name) }
    return updates
  }

  private static func outputTypes(
    _ reader: GraphReader
  ) throws(CheckpointError) -> [String: ScalarType] {
    guard let json = reader.json["output_types"] else { return [:] }
    guard let members = json.members else { throw reader.invalid("output_types") }
    var types: [String: ScalarType] = [:]
    for member in members {
      types[member.name] = try GraphReader(json).integralType(member.name)
    }
    return types
  }

  /// Reads a graph in this library's form, or a program in PyTorch's.
  ///
  /// - Throws: `invalidGraph` for a value that is used before it is made, a name that occurs twice
  ///   and the like; `invalidJSON`, `limitExceeded`; for a program, the errors of
  ///   `ExportedProgram`.
  public init(parsing text: String) throws(CheckpointError) {
    let json = try Self.parsed(text)
    guard json["format"]?.string == Self.formatName else {
      self = try ExportedProgram(parsing: json).graph
      return
    }
    self = try Self(json)
  }

  /// The longest text that is read: a hundred times that of torchvision's largest model.
  private static let textLimit = 256 << 20

  static func parsed(_ text: String) throws(CheckpointError) -> JSON {
    guard text.utf8.count <= textLimit else {
      throw CheckpointError(
        .limitExceeded, "the graph has \(text.utf8.count) bytes, and the limit is \(textLimit)")
    }
    return try JSON(roundingLargeIntegersOf: text)
  }

  init(_ json: JSON) throws(CheckpointError) {
    let reader = GraphReader(json)
    guard try reader.int("version") == Self.version else {
      throw CheckpointError(
        .invalidGraph, "the graph is of a version that this release cannot read",
        advice: "read it with a newer release of dbn-convert")
    }
    self.init(
      name: try reader.text("name"),
      inputs: try reader.all("inputs") { input throws(CheckpointError) in
        try Input(input)
      },
      nodes: try reader.all("nodes") { node throws(CheckpointError) in try Node(node) },
      outputs: try reader.texts("outputs"), outputTypes: try Self.outputTypes(reader),
      updates: try Self.updates(reader),
      parameters: try reader.all("parameters") { parameter throws(CheckpointError) in
        Parameter(key: try parameter.text("key"), shape: try parameter.ints("shape"))
      })
    try validate()
  }
}

extension Graph: Codable {
  /// Reads the text of its JSON.
  public init(from decoder: any Decoder) throws {
    self = try Graph(parsing: decoder.singleValueContainer().decode(String.self))
  }

  /// Writes its JSON as text, which preserves the order of members and the exact numbers.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(json.text())
  }
}

extension Graph.Input {
  fileprivate var json: JSON {
    let shape = shape.map { $0.map { JSON.int($0) } ?? .null }
    let type = scalarType.map { [JSON.Member("type", .string($0.rawValue))] } ?? []
    return .object([.init("name", .string(name)), .init("shape", .array(shape))] + type)
  }

  fileprivate init(_ reader: GraphReader) throws(CheckpointError) {
    self.init(
      try reader.text("name"), shape: try reader.shape("shape"),
      scalarType: reader.has("type") ? try reader.integralType("type") : nil)
  }
}

extension Graph.Node {
  var json: JSON {
    var members = [JSON.Member("name", .string(name))] + operation.members
    members.append(JSON.Member("operands", .array(operands.map(\.json))))
    if outputs != [name] {
      members.append(JSON.Member("outputs", .array(outputs.map { .string($0) })))
    }
    return .object(members)
  }

  init(_ reader: GraphReader) throws(CheckpointError) {
    let name = try reader.text("name")
    do throws(CheckpointError) {
      let operands = try reader.all("operands") { operand throws(CheckpointError) in
        try Graph.Operand(operand.json)
      }
      let outputs = reader.json["outputs"] == nil ? nil : try reader.texts("outputs")
      self.init(name, try Operation(reader), operands, outputs: outputs)
    } catch {
      throw error.with(name: name)
    }
  }
}

extension Graph.Operand {
  fileprivate var json: JSON {
    switch self {
    case .value(let name): .string(name)
    case .parameter(let key): ["parameter": .string(key)]
    case .none: .null
    }
  }

  fileprivate init(_ json: JSON) throws(CheckpointError) {
    switch json {
    case .string(let name): self = .value(name)
    case .null: self = .none
    default: self = .parameter(try GraphReader(json).text("parameter"))
    }
  }
}

extension JSON {
  static func ints(_ numbers: [Int]) -> JSON { .array(numbers.map { .int($0) }) }

  static func sizes(_ sizes: [Size]) -> JSON { .array(sizes.map(\.json)) }
}
