import DBNTensors
import DBNTestSupport
import DBNTorch
import Testing

/// What a reader of `.pt2` files finds, and the rules that it enforces, each broken once.
struct ExportedProgramFileTests {
  private static let plain = """
    {"path_name": "w", "is_param": true, "use_pickle": false, "tensor_meta": {"dtype": 7,
     "sizes": [{"as_int": 2}], "requires_grad": true, "device": {"type": "cpu", "index": null},
     "strides": [{"as_int": 1}], "storage_offset": {"as_int": 0}, "layout": 7}}
    """

  private func file(
    _ payload: String, constants: String = "{}", weights: [UInt8] = Array(0..<16),
    more: [Archive.Record] = []
  ) -> ByteRegion {
    let records: [Archive.Record] = [
      .init("a/data/weights/w", weights),
      .init(
        "a/data/weights/model_weights_config.json", Array("{\"config\": \(payload)}".utf8)),
      .init("a/data/constants/c", weights),
      .init(
        "a/data/constants/model_constants_config.json",
        Array("{\"config\": \(constants)}".utf8)),
      .init("a/models/model.json", Array("{\"a\": 1}".utf8)),
    ]
    return ByteRegion(Archive(records + more).bytes)
  }

  @Test func theStateDictIsTheRootAndTheOperationsAreKeptAsTheyAre() throws {
    let checkpoint = try TorchCheckpoint.read(file(#"{"fc.weight": \#(Self.plain)}"#))
    let (entry, stateDict) = try checkpoint.findStateDict()
    #expect(entry.keys.isEmpty && stateDict.names == ["fc.weight"])
    let tensor = try #require(stateDict["fc.weight"])
    #expect(tensor.kind == .parameter && tensor.requiresGrad && tensor.shape == [2])
    #expect(checkpoint.graph == #"{"a": 1}"#)
    #expect(checkpoint.notes.isEmpty)
  }

  @Test func constantsStandBesideTheStateDict() throws {
    let constant = Self.plain.replacing("\"w\"", with: "\"c\"")
    let checkpoint = try TorchCheckpoint.read(
      file(#"{"fc.weight": \#(Self.plain)}"#, constants: #"{"lifted": \#(constant)}"#))
    #expect("\(try checkpoint.findStateDict().entry)" == "state_dict")
    #expect(checkpoint.root.dictionary?["constants"]?.dictionary?["lifted"]?.tensor != nil)
  }

  @Test func namesOfOneViewAreTied() throws {
    let two = #"{"a": \#(Self.plain), "b": \#(Self.plain)}"#
    let stateDict = try TorchCheckpoint.read(file(two)).stateDict()
    let (a, b) = (try #require(stateDict["a"]), try #require(stateDict["b"]))
    #expect(a.isTied(to: b))
  }

  @Test func recordsThatAreNotReadAreTold() throws {
    let records = ["a/data/sample_inputs/model.pt", "a/extra/notes.txt"].map {
      Archive.Record($0, [1])
    }
    let checkpoint = try TorchCheckpoint.read(file("{}", more: records))
    #expect(checkpoint.notes.count == 1)
    #expect(checkpoint.notes.first?.contains("is not read: extra/notes.txt") == true)
  }

  struct Broken: Sendable, CustomStringConvertible {
    let description: String
    let from: String
    let to: String
    let code: CheckpointError.Code
  }

  static let broken: [Broken] = [
    .init(
      description: "pickled", from: "\"use_pickle\": false", to: "\"use_pickle\": true",
      code: .torchTensorKind),
    .init(
      description: "unknown dtype", from: "\"dtype\": 7", to: "\"dtype\": 99",
      code: .unsupportedScalarType),
    .init(
      description: "sparse", from: "\"layout\": 7", to: "\"layout\": 1", code: .torchTensorKind),
    .init(
      description: "no such record", from: "\"w\"", to: "\"x\"", code: .torchRecordMissing),
    .init(
      description: "outside its storage", from: "{\"as_int\": 2}", to: "{\"as_int\": 5}",
      code: .torchView),
    .init(
      description: "beyond all counting", from: "{\"as_int\": 2}",
      to: "{\"as_int\": 4611686018427387904}", code: .torchView),
    .init(
      description: "negative size", from: "{\"as_int\": 2}", to: "{\"as_int\": -2}",
      code: .torchView),
    .init(
      description: "another rank", from: "[{\"as_int\": 1}]", to: "[]", code: .torchView),
    .init(
      description: "a changing size", from: "{\"as_int\": 2}",
      to: "{\"as_expr\": {\"expr_str\": \"s0\"}}", code: .torchProgramRecord),
    .init(
      description: "no parameter flag", from: "\"is_param\": true, ", to: "",
      code: .torchProgramRecord),
    .init(
      description: "no dtype", from: "\"dtype\": 7,", to: "", code: .torchProgramRecord),
    .init(description: "no JSON", from: "{\"path", to: "{path", code: .invalidJSON),
  ]

  @Test(arguments: broken)
  func everyBrokenRuleIsAnError(rule: Broken) throws {
    let payload = Self.plain.replacing(rule.from, with: rule.to, maxReplacements: 1)
    try #require(payload != Self.plain)
    let bytes = file(#"{"fc.weight": \#(payload)}"#)
    let error = #expect(throws: CheckpointError.self) { try TorchCheckpoint.read(bytes) }
    #expect(error?.code == rule.code, "\(error?.description ?? "")")
    #expect(error?.advice != nil)
  }

  @Test func everyShortPrefixIsRefused() throws {
    let bytes = file(#"{"fc.weight": \#(Self.plain)}"#).array
    for count in stride(from: 0, to: bytes.count, by: 7) {
      #expect(throws: CheckpointError.self) {
        try TorchCheckpoint.read(ByteRegion(Array(bytes[..<count])))
      }
    }
  }
}
