import DBNTensors
import Testing

struct TaggedJSONTests {
  private let format = TaggedJSON(
    json: { tensor, _ throws(CheckpointError) in ["$tensor": .string("\(tensor.shape)")] },
    tensor: { json, name throws(CheckpointError) in
      guard json == ["$tensor": "[0]"] else { throw CheckpointError(.invalidJSON, name: name, "") }
      return try Tensor(.bool, shape: [0], storage: TensorStorage(ByteRegion([])))
    },
    invalid: { CheckpointError(.invalidJSON, name: $0, "not of this form") })

  private func text(_ value: CheckpointValue) throws -> String {
    var writer = JSONWriter()
    try format.write(value, to: &writer) { "" }
    return writer.text
  }

  private func value(_ text: String) throws -> CheckpointValue {
    var parser = JSONParser(ByteRegion(Array(text.utf8)))
    let result = try format.parseValue(&parser, name: "root")
    try parser.expectEnd()
    return try result.get()
  }

  @Test func tensorsAreWhatTheFormatSays() throws {
    let tensor = try Tensor(.bool, shape: [0], storage: TensorStorage(ByteRegion([])))
    let text = try text(.tuple([.tensor(tensor)]))
    #expect(text == #"{"$tuple": [{"$tensor": "[0]"}]}"#)
    #expect(try value(text).elements?.first?.tensor?.shape == [0])
    #expect(throws: CheckpointError.self) { try value(#"{"$tensor": 1}"#) }
  }

  @Test func attributesOfOneNameAreRefusedSinceNoObjectHasThem() throws {
    var dictionary = CheckpointDictionary(.orderedDict)
    dictionary.attributes = [("a", .int(1)), ("b", .int(2)), ("a", .int(3))]
    var writer = JSONWriter()
    let error = try #require(throws: CheckpointError.self) {
      try format.writeAttributes(of: dictionary, to: &writer) { "model" }
    }
    #expect(error.code == .cannotBeWritten && error.name == "model")
  }

  /// Each level of a checkpoint takes three of JSON, beside a few around the whole.
  @Test func jsonIsReadAsDeepAsACheckpointMayBe() {
    #expect(JSON.depthLimit >= 3 * CheckpointLimits.depth + 40)
  }

  @Test func valuesAsDeepAsACheckpointMayBeSurvive() throws {
    var value = CheckpointValue.tuple([])
    for _ in 0..<CheckpointLimits.depth {
      var dictionary = CheckpointDictionary(.orderedDict)
      dictionary.set(.int(1), to: value)
      value = .dictionary(dictionary)
    }
    let text = try text(value)
    _ = try self.value(text)
    let error = #expect(throws: CheckpointError.self) { try self.text(.list([value])) }
    #expect(error?.code == .limitExceeded)
    let deeper = #expect(throws: CheckpointError.self) { try self.value("[\(text)]") }
    #expect(deeper?.code == .limitExceeded)
  }

  @Test(arguments: [
    Double.nan, -Double.nan, Double(bitPattern: 0x7FF8_0000_0000_0001),
    Double(bitPattern: 0xFFF0_0000_0000_0003), .infinity, -0.0, .leastNonzeroMagnitude, 1e300,
  ])
  func floatsInAttributesKeepTheirBits(number: Double) throws {
    let text = try text(.float(number))
    guard case .float(let back) = try value(text) else {
      Issue.record("\(text) is not a float")
      return
    }
    #expect(back.bitPattern == number.bitPattern)
  }
}
