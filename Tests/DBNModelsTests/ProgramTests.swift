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
