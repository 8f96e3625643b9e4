public import DBNTensors

/// An argument or a result of an operation in an exported program.
///
/// Source: `Argument` of `torch/_export/serde/schema.py`.
enum ProgramArgument: Sendable {
  case none
  case tensor(String)
  case tensors([String])
  /// Tensors, some of which are omitted.
  case optionalTensors([String?])
  case int(Int)
  case ints([Int])
  case float(Double)
  case floats([Double])
  case string(String)
  case bool(Bool)
  case size(ProgramSize)
  case sizes([ProgramSize])
  /// A graph that the operation calls.
  case graph(ProgramGraph)
  /// A kind of argument that no known operation needs: a `torch.device`, a memory format.
  case other(String)

  /// A size: the name of the node that computes it, or a number.
  enum ProgramSize: Sendable {
    case name(String)
    case number(Int)
  }

  init(_ json: JSON) throws(CheckpointError) {
    guard let member = json.members?.first, json.members?.count == 1 else {
      throw .program("an argument is not in the form that PyTorch writes")
    }
    self = try Self.parsed(member.name, member.value)
  }

  private static func parsed(_ kind: String, _ json: JSON) throws(CheckpointError) -> Self {
    switch kind {
    case "as_none": return .none
    case "as_tensor": return .tensor(try json.text("name"))
    case "as_tensors":
      return .tensors(
        try json.all { json throws(CheckpointError) in
          try json.text("name")
        })
    case "as_optional_tensor": return try ProgramArgument(json)
    case "as_optional_tensors":
      return .optionalTensors(
        try json.all { json throws(CheckpointError) in
          try json["as_tensor"]?.text("name")
        })
    case "as_int": return .int(try json.integer())
    case "as_ints":
      return .ints(
        try json.all { json throws(CheckpointError) in
          try json.integer()
        })
    case "as_float": return .float(try json.number())
    case "as_floats":
      return .floats(
        try json.all { json throws(CheckpointError) in
          try json.number()
        })
    case "as_string": return .string(try json.string.orProgramError("a string"))
    case "as_bool":
      guard case .bool(let flag) = json else { throw .program("a flag is not true or false") }
      return .bool(flag)
    case "as_sym_int": return .size(try size(json))
    case "as_sym_ints":
      return .sizes(
        try json.all { json throws(CheckpointError) in
          try size(json)
        })
    case "as_graph": return .graph(try ProgramGraph(json.member("graph")))
    default: return .other(kind)
    }
  }

  private static func size(_ json: JSON) throws(CheckpointError) -> ProgramSize {
    if let name = json["as_name"]?.string { return .name(name) }
    guard let number = json["as_int"]?.int else {
      throw .program("a size is neither a name nor a number")
    }
    return .number(number)
  }
}

extension CheckpointError.Code {
  /// The JSON of an exported program is not as PyTorch writes it.
  public static let invalidProgram = Self("invalid-program")
}

extension CheckpointError {
  static func program(_ reason: String) -> CheckpointError {
    CheckpointError(
      .invalidProgram, reason,
      advice: "the file is damaged, or is of a version of PyTorch that is not supported")
  }
}

/// Typed access to JSON of a known form.
extension JSON {
  /// The text of a member.
  func text(_ name: String) throws(CheckpointError) -> String {
    guard let text = self[name]?.string else { throw .program("the string `\(name)` is missing") }
    return text
  }

  func member(_ name: String) throws(CheckpointError) -> JSON {
    guard let value = self[name] else { throw .program("`\(name)` is missing") }
    return value
  }

  func all<Value>(
    _ body: (JSON) throws(CheckpointError) -> Value
  ) throws(CheckpointError) -> [Value] {
    guard let elements = array else { throw .program("a list is missing") }
    return try elements.map(body)
  }

  func integer() throws(CheckpointError) -> Int { try int.orProgramError("an integer") }

  /// A float; PyTorch writes values that JSON has no notation for as text.
  func number() throws(CheckpointError) -> Double {
    switch self {
    case .double(let number): return number
    case .int(let number): return Double(number)
    case .string("Infinity"): return .infinity
    case .string("-Infinity"): return -.infinity
    case .string("NaN"): return .nan
    default: throw .program("a number is missing")
    }
  }
}

extension Optional {
  func orProgramError(_ what: String) throws(CheckpointError) -> Wrapped {
    guard let self else { throw .program("\(what) is missing") }
    return self
  }
}
