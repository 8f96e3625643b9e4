import DBNModels
import DBNTensors
import DBNTestSupport
import Testing

/// Programs of torch.export that are not as PyTorch writes them, or ask for what is not known.
struct ProgramTests {
  /// A linear layer on what an in-place ReLU has changed.
  static let plain = """
    {"schema_version": {"major": 8, "minor": 20}, "graph_module": {
      "graph": {
        "nodes": [
          {"target": "torch.ops.aten.relu_.default", "name": "relu_", "metadata": {},
           "inputs": [{"name": "self", "arg": {"as_tensor": {"name": "x"}}, "kind": 1}],
           "outputs": [{"as_tensor": {"name": "relu_"}}]},
          {"target": "torch.ops.aten.linear.default", "name": "linear", "metadata": {},
           "inputs": [{"name": "input", "arg": {"as_tensor": {"name": "x"}}, "kind": 1},
            {"name": "weight", "arg": {"as_tensor": {"name": "p_w"}}, "kind": 1}],
           "outputs": [{"as_tensor": {"name": "linear"}}]}],
        "tensor_values": {
          "x": {"dtype": 7, "sizes": [{"as_int": 1}, {"as_int": 2}], "strides": [{"as_int": 2}, {"as_int": 1}]},
          "relu_": {"dtype": 7, "sizes": [{"as_int": 1}, {"as_int": 2}], "strides": [{"as_int": 2}, {"as_int": 1}]},
          "linear": {"dtype": 7, "sizes": [{"as_int": 1}, {"as_int": 3}], "strides": [{"as_int": 3}, {"as_int": 1}]},
          "p_w": {"dtype": 7, "sizes": [{"as_int": 3}, {"as_int": 2}], "strides": [{"as_int": 2}, {"as_int": 1}]}}},
      "signature": {
        "input_specs": [{"parameter": {"arg": {"name": "p_w"}, "parameter_name": "fc.weight"}},
          {"user_input": {"arg": {"as_tensor": {"name": "x"}}}}],
        "output_specs": [{"user_output": {"arg": {"as_tensor": {"name": "linear"}}}}]}}}
    """

  @Test func anInPlaceOperationBecomesOneThatMakesANewValue() throws {
    let graph = try Graph(parsing: Self.plain)
    #expect(graph.nodes.map(\.operation) == [.activation(.relu), .linear])
    #expect(graph.nodes[1].operands == [.value("relu_"), .parameter("fc.weight"), .none])
    #expect(graph.parameters == [.init(key: "fc.weight", shape: [3, 2])])
    #expect(graph.inputs == [.init("x", shape: [1, 2])])
  }

  struct Broken: Sendable, CustomStringConvertible {
    let description: String
    let from: String
    let to: String
    var code = CheckpointError.Code.invalidProgram
    var mentions = ""
  }

  static let broken: [Broken] = [
    .init(
      description: "an unknown operation", from: "aten.relu_.default", to: "aten.fft_fft.default",
      code: .unsupportedOperation, mentions: "torch.ops.aten.fft_fft.default"),
    .init(
      description: "an unknown in-place operation", from: "aten.relu_.default",
      to: "custom.relu_.default", code: .unsupportedOperation, mentions: "'relu_'"),
    .init(
      description: "an unknown argument", from: "\"name\": \"self\"", to: "\"name\": \"selves\""),
    .init(
      description: "an argument too many",
      from: "[{\"name\": \"self\"",
      to: "[{\"name\": \"alpha\", \"arg\": {\"as_int\": 2}}, {\"name\": \"self\"",
      code: .unsupportedOperation, mentions: "alpha"),
    .init(description: "another schema", from: "\"major\": 8", to: "\"major\": 9"),
    .init(description: "no schema", from: "\"schema_version\"", to: "\"schema\""),
    .init(description: "no graph", from: "\"graph\":", to: "\"grape\":"),
    .init(description: "no outputs", from: "\"output_specs\"", to: "\"outputs\""),
    .init(
      description: "a tensor of nothing",
      from: "{\"name\": \"x\"}}, \"kind\": 1},\n        {\"name\": \"weight\"",
      to: "{\"name\": \"y\"}}, \"kind\": 1},\n        {\"name\": \"weight\""),
    .init(
      description: "an output of nothing",
      from: "\"output_specs\": [{\"user_output\": {\"arg\": {\"as_tensor\": {\"name\": \"linear\"",
      to: "\"output_specs\": [{\"user_output\": {\"arg\": {\"as_tensor\": {\"name\": \"y\""),
    .init(
      description: "results without names",
      from: "\"outputs\": [{\"as_tensor\": {\"name\": \"linear\"}}]",
      to: "\"outputs\": [{\"as_tensor\": {}}]"),
    .init(
      description: "more results than there are",
      from: "\"outputs\": [{\"as_tensor\": {\"name\": \"linear\"}}]",
      to: "\"outputs\": [{\"as_tensors\": [{\"name\": \"linear\"}, {\"name\": \"z\"}]}]"),
    .init(
      description: "a gradient", from: "{\"user_output\"", to: "{\"gradient_to_parameter\"",
      code: .unsupportedOperation),
    .init(
      description: "a number that changes",
      from: "{\"user_input\": {\"arg\": {\"as_tensor\": {\"name\": \"x\"}}}}",
      to: "{\"user_input\": {\"arg\": {\"as_sym_int\": {\"as_name\": \"x\"}}}}",
      code: .unsupportedOperation),
    .init(
      description: "an object", from: "{\"parameter\": {\"arg\"", to: "{\"custom_obj\": {\"arg\"",
      code: .unsupportedOperation),
    .init(
      description: "an input twice", from: "[{\"parameter\"",
      to: "[{\"user_input\": {\"arg\": {\"as_tensor\": {\"name\": \"x\"}}}}, {\"parameter\"",
      code: .invalidGraph),
  ]

  @Test(arguments: broken)
  func everyBrokenRuleIsAnError(rule: Broken) throws {
    let text = Self.plain.replacing(rule.from, with: rule.to, maxReplacements: 1)
    try #require(text != Self.plain)
    let error = #expect(throws: CheckpointError.self) { try Graph(parsing: text) }
    #expect(error?.code == rule.code, "\(error?.description ?? "")")
    #expect(error?.description.contains(rule.mentions) == true, "\(error?.description ?? "")")
  }

  /// The program with another operation in place of its ReLU.
  private static func program(of operation: String, _ arguments: String) -> String {
    plain.replacing("aten.relu_.default", with: "aten.\(operation)").replacing(
      "\"inputs\": [{\"name\": \"self\"", with: "\"inputs\": [\(arguments), {\"name\": \"self\"")
  }

  @Test(arguments: [(0.5, true), (1, false)])
  func drawsOfZeroOrOneBecomeTheirMean(probability: Double, hasNote: Bool) throws {
    let text = Self.program(
      of: "bernoulli_.float", "{\"name\": \"p\", \"arg\": {\"as_float\": \(probability)}}")
    let program = try ExportedProgram(parsing: JSON(parsing: text))
    #expect(program.graph.nodes.map(\.operation) == [.fill(probability), .linear])
    #expect(program.notes.isEmpty == !hasNote)
    #expect(program.notes.allSatisfy { $0.description.contains("stochastic depth") })
  }

  @Test func aMaskThatMakesASizeIsNotSupported() throws {
    let text = Self.usingResult(
      of: Self.program(
        of: "index.Tensor",
        "{\"name\": \"indices\", \"arg\": {\"as_optional_tensors\": "
          + "[{\"as_none\": true}, {\"as_tensor\": {\"name\": \"x\"}}]}}"))
    let graph = try Graph(parsing: text)
    #expect(graph.nodes[0].operation == .index(dimensions: [1]))
    let masked = text.replacing("\"x\": {\"dtype\": 7", with: "\"x\": {\"dtype\": 12")
    let error = #expect(throws: CheckpointError.self) { try Graph(parsing: masked) }
    #expect(error?.code == .unsupportedOperation && error?.name == "relu_")
    #expect(error?.reason.contains("a mask") == true)
  }

  /// The program with a condition in place of its ReLU, whose branches are a ReLU and a sigmoid.
  private static func conditional(_ predicate: String) -> String {
    let graphs = ["relu", "sigmoid"].map { function in
      """
      {"name": "", "arg": {"as_graph": {"name": "\(function)", "graph": {
        "inputs": [{"as_tensor": {"name": "arg"}}], "outputs": [{"as_tensor": {"name": "y"}}],
        "nodes": [{"target": "torch.ops.aten.\(function).default", "name": "y", "metadata": {},
          "inputs": [{"name": "self", "arg": {"as_tensor": {"name": "arg"}}, "kind": 1}],
          "outputs": [{"as_tensor": {"name": "y"}}]}],
        "tensor_values": {}}}}}
      """
    }
    let node = """
      {"target": "torch.ops.higher_order.cond", "name": "cond", "metadata": {},
       "inputs": [{"name": "", "arg": \(predicate)}, \(graphs.joined(separator: ", ")),
        {"name": "", "arg": {"as_tensors": [{"name": "x"}]}}],
       "outputs": [{"as_tensors": [{"name": "relu_"}]}]}
      """
    let start = Self.plain.firstRange(of: "{\"target\": \"torch.ops.aten.relu_")
    let end = Self.plain.firstRange(of: ",\n      {\"target\": \"torch.ops.aten.linear")
    guard let start, let end else { return "" }
    return usingResult(
      of: String(Self.plain[..<start.lowerBound] + node + Self.plain[end.lowerBound...]))
  }

  /// The program with the result of its first node, instead of `x`, as the input of its layer.
  private static func usingResult(of program: String) -> String {
    program.replacing(
      "{\"name\": \"input\", \"arg\": {\"as_tensor\": {\"name\": \"x\"",
      with: "{\"name\": \"input\", \"arg\": {\"as_tensor\": {\"name\": \"relu_\"")
  }

  @Test(arguments: [(true, Activation.relu), (false, .sigmoid)])
  func aKnownConditionIsReadAsItsBranch(condition: Bool, function: Activation) throws {
    let graph = try Graph(parsing: Self.conditional("{\"as_bool\": \(condition)}"))
    #expect(graph.nodes.map(\.operation) == [.activation(function), .linear])
    #expect(graph.nodes[0].operands == [.value("x")])
    #expect(graph.nodes[1].operands[0] == .value(graph.nodes[0].outputs[0]))
  }

  @Test func aConditionThatDependsOnInputsIsNotSupported() {
    let text = Self.conditional("{\"as_tensor\": {\"name\": \"x\"}}")
    let error = #expect(throws: CheckpointError.self) { try Graph(parsing: text) }
    #expect(error?.code == .unsupportedOperation && error?.name == "cond")
    #expect(error?.reason.contains("depends on the inputs") == true)
  }

  @Test func aGraphThatIsCalledWithOtherArgumentsIsAnError() {
    let text = Self.conditional("{\"as_bool\": true}").replacing(
      "{\"as_tensors\": [{\"name\": \"x\"}]}}", with: "{\"as_tensors\": []}}")
    let error = #expect(throws: CheckpointError.self) { try Graph(parsing: text) }
    #expect(error?.code == .invalidProgram)
  }

  /// A chain of sizes, each the sum of the one before with itself: 2^n additions.
  @Test func sizesThatDoubleAreBounded() throws {
    var nodes = """
      {"target": "torch.ops.aten.sym_size.int", "name": "s0",
       "inputs": [{"name": "self", "arg": {"as_tensor": {"name": "x"}}},
        {"name": "dim", "arg": {"as_int": 0}}],
       "outputs": [{"as_sym_int": {"as_name": "s0"}}]},
      """
    for index in 1...60 {
      let argument = "{\"as_sym_int\": {\"as_name\": \"s\(index - 1)\"}}"
      nodes += """
        {"target": "_operator.add", "name": "s\(index)",
         "inputs": [{"name": "a", "arg": \(argument)}, {"name": "b", "arg": \(argument)}],
         "outputs": [{"as_sym_int": {"as_name": "s\(index)"}}]},
        """
    }
    let text = Self.plain.replacing("\"nodes\": [", with: "\"nodes\": [\(nodes)")
    let error = #expect(throws: CheckpointError.self) { try Graph(parsing: text) }
    #expect(error?.code == .limitExceeded)
  }

  /// A chain of views, each of which a change would have to be carried through.
  @Test func viewsOfViewsAreBounded() throws {
    let meta =
      #"{"dtype": 7, "sizes": [{"as_int": 1}, {"as_int": 2}], "strides": [{"as_int": 2}, {"as_int": 1}]}"#
    var (nodes, values) = ("", "")
    for index in 1...80 {
      let base = index == 1 ? "x" : "v\(index - 1)"
      nodes += """
        {"target": "torch.ops.aten.view.default", "name": "v\(index)",
         "inputs": [{"name": "self", "arg": {"as_tensor": {"name": "\(base)"}}},
          {"name": "size", "arg": {"as_ints": [1, 2]}}],
         "outputs": [{"as_tensor": {"name": "v\(index)"}}]},
        """
      values += "\"v\(index)\": \(meta), "
    }
    let text = Self.plain.replacing("\"nodes\": [", with: "\"nodes\": [\(nodes)")
      .replacing("\"tensor_values\": {", with: "\"tensor_values\": {\(values)")
    let error = #expect(throws: CheckpointError.self) { try Graph(parsing: text) }
    #expect(error?.code == .limitExceeded)
  }

  /// Every number, text and flag of a program replaced by others, at random: an error or a graph,
  /// and nothing else.
  @Test func damagedProgramsAreErrorsOrGraphs() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SeededGenerator(seed)
    let json = try JSON(parsing: Self.plain)
    for round in 0..<400 {
      let damaged = json.damaged(with: &generator).text()
      do {
        _ = try Graph(parsing: damaged)
      } catch {
        #expect(!error.reason.isEmpty, "seed \(seed), round \(round)")
      }
    }
  }
}
