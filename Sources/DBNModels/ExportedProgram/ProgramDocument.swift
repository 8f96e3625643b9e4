import DBNTensors

/// The JSON of an exported program, `models/model.json` of a `.pt2` file.
///
/// Source: `ExportedProgram` of `torch/_export/serde/schema.py`.
struct ProgramDocument: Sendable {
  /// The meaning of one of the program's inputs.
  enum Input: Sendable {
    /// A tensor of the state dict, by its key.
    case stateDict(String)
    /// A tensor that is not in the state dict, by its name in the constants.
    case constant(String)
    case user
  }

  /// The purpose of a result.
  enum Output: Sendable {
    case user
    /// The new value of a persistent tensor, by its key.
    case mutation(of: String)
    case userMutation
  }

  private(set) var inputs: [(name: String, role: Input)] = []
  /// The results; the name is nil for a result that is no tensor.
  private(set) var outputs: [(name: String?, role: Output)] = []
  /// The computation.
  let graph: ProgramGraph

  /// The supported major versions of PyTorch's schema: those of PyTorch 2.5 to 2.15.
  private static let versions = 5...8

  init(_ json: JSON) throws(CheckpointError) {
    let version = try json.member("schema_version").member("major").integer()
    guard Self.versions ~= version else {
      throw CheckpointError(
        .invalidProgram,
        "the program follows version \(version) of PyTorch's schema; versions "
          + "\(Self.versions.lowerBound) to \(Self.versions.upperBound) are supported",
        advice: "export the model with another version of PyTorch")
    }
    let module = try json.member("graph_module")
    graph = try ProgramGraph(module.member("graph"))
    let signature = try module.member("signature")
    try readInputs(signature)
    try readOutputs(signature)
  }

  private mutating func readInputs(_ signature: JSON) throws(CheckpointError) {
    for spec in try signature.member("input_specs").array.orProgramError("`input_specs`") {
      guard let member = spec.members?.first else { throw .program("an input has no kind") }
      let value = member.value
      switch member.name {
      case "parameter": try add(value, .stateDict(value.text("parameter_name")))
      case "buffer":
        let name = try value.text("buffer_name")
        try add(value, value["persistent"] == .bool(false) ? .constant(name) : .stateDict(name))
      case "tensor_constant": try add(value, .constant(value.text("tensor_constant_name")))
      case "user_input": try addUserInput(value)
      // A number or a flag fixed at export: the nodes contain it.
      case "constant_input": break
      default:
        throw CheckpointError(
          .unsupportedOperation, "inputs of the kind `\(member.name)` are not supported",
          advice: "export a model of plain tensors")
      }
    }
  }

  private mutating func add(_ spec: JSON, _ role: Input) throws(CheckpointError) {
    inputs.append((try spec.member("arg").text("name"), role))
  }

  private mutating func addUserInput(_ spec: JSON) throws(CheckpointError) {
    switch try ProgramArgument(spec.member("arg")) {
    case .tensor(let name): inputs.append((name, .user))
    case .size(.name(let name)):
      throw CheckpointError(
        .unsupportedOperation, name: name, "this input of the program is a variable number",
        advice: "export the model with the number fixed")
    default: break
    }
  }

  private mutating func readOutputs(_ signature: JSON) throws(CheckpointError) {
    for spec in try signature.member("output_specs").array.orProgramError("`output_specs`") {
      guard let member = spec.members?.first else { throw .program("an output has no kind") }
      let value = member.value
      switch member.name {
      case "user_output":
        guard case .tensor(let name) = try ProgramArgument(value.member("arg")) else {
          outputs.append((nil, .user))
          continue
        }
        outputs.append((name, .user))
      case "loss_output": outputs.append((try value.member("arg").text("name"), .user))
      case "buffer_mutation":
        let key = try value.text("buffer_name")
        outputs.append((try value.member("arg").text("name"), .mutation(of: key)))
      case "parameter_mutation":
        let key = try value.text("parameter_name")
        outputs.append((try value.member("arg").text("name"), .mutation(of: key)))
      case "user_input_mutation":
        outputs.append((try value.member("arg").text("name"), .userMutation))
      default:
        throw CheckpointError(
          .unsupportedOperation, "outputs of the kind `\(member.name)` are not supported",
          advice: "export the model's forward pass")
      }
    }
  }
}

/// What is known about a tensor at export.
struct ProgramTensorMeta: Sendable {
  /// The shape; nil for a dynamic size.
  let shape: [Int?]
  /// The shape for the example input of the export; nil for sizes that the program does not
  /// contain.
  let exampleShape: [Int?]
  let exampleStrides: [Int?]
  /// The raw value of `ScalarType` in PyTorch's schema.
  let scalarType: Int

  init(_ json: JSON) throws(CheckpointError) {
    let sizes = try json.member("sizes").array.orProgramError("`sizes`")
    shape = sizes.map { $0["as_int"]?.int }
    exampleShape = sizes.map(Self.example)
    exampleStrides = try json.member("strides").array.orProgramError("`strides`").map(Self.example)
    scalarType = try json.member("dtype").integer()
  }

  private static func example(_ size: JSON) -> Int? {
    size["as_int"]?.int ?? size["as_expr"]?["hint"]?["as_int"]?.int
  }

  var rank: Int { shape.count }

  /// The type of the elements; nil for one that is not known.
  var type: ScalarType? { ScalarType(exportCode: scalarType) }

  /// The type if it is bool or integers.
  var integralType: ScalarType? { type.flatMap { $0.isIntegral ? $0 : nil } }

  /// Whether a tensor of another shape with as many elements can be a view of this one.
  ///
  /// Source: `computeStride` of `aten/src/ATen/TensorUtils.cpp`.
  func canBeViewed(as other: ProgramTensorMeta) -> Bool {
    let (sizes, strides) = (exampleShape.compactMap(\.self), exampleStrides.compactMap(\.self))
    let wanted = other.exampleShape.compactMap(\.self)
    // Without an example, assume a view, which PyTorch tries first.
    guard sizes.count == rank, strides.count == rank, wanted.count == other.rank,
      !sizes.isEmpty, !sizes.contains(0)
    else { return true }
    var axis = wanted.count - 1
    var (base, elements, viewed) = (strides[rank - 1], 1, 1)
    for index in sizes.indices.reversed() {
      elements &*= sizes[index]
      let isEndOfRun =
        index == 0
        || (sizes[index - 1] != 1 && strides[index - 1] != elements &* base)
      guard isEndOfRun else { continue }
      while axis >= 0, viewed < elements || wanted[axis] == 1 {
        viewed &*= wanted[axis]
        axis -= 1
      }
      guard viewed == elements else { return false }
      if index > 0 { (base, elements, viewed) = (strides[index - 1], 1, 1) }
    }
    return axis == -1
  }
}
