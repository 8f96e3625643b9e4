import Tensors
import Testing

struct TaggedJSONTests {
  private let format = TaggedJSON(
    json: { tensor, _ throws(CheckpointError) in ["$tensor": .string("\(tensor.shape)")] },
    tensor: { json, name throws(CheckpointError) in
      guard json == ["$tensor": "[0]"] else { throw CheckpointError(.invalidJSON, name: name, "") }
      return try Tensor(.bool, shape: [0], storage: TensorStorage(ByteRegion([])))
    },
    invalid: { CheckpointError(.invalidJSON, name: $0, "not of this form") })

  @Test func tensorsAreWhatTheFormatSays() throws {
    let tensor = try Tensor(.bool, shape: [0], storage: TensorStorage(ByteRegion([])))
    let json = try format.json(.tuple([.tensor(tensor)]), name: "root")
    #expect(json == ["$tuple": [["$tensor": "[0]"]]])
    #expect(try format.value(json, name: "root").elements?.first?.tensor?.shape == [0])
    #expect(throws: CheckpointError.self) { try format.value(["$tensor": 1], name: "root") }
  }

  @Test func valuesAsDeepAsACheckpointMayBeSurvive() throws {
    var value = CheckpointValue.tuple([])
    for _ in 0..<CheckpointLimits.depth {
      var dictionary = CheckpointDictionary(.orderedDict)
      dictionary.set(.int(1), to: value)
      value = .dictionary(dictionary)
    }
    let text = try format.json(value, name: "").text()
    _ = try format.value(try JSON(parsing: text), name: "")
    let error = #expect(throws: CheckpointError.self) { try format.json(.list([value]), name: "") }
    #expect(error?.code == .limitExceeded)
  }

  @Test(arguments: [
    Double.nan, -Double.nan, Double(bitPattern: 0x7FF8_0000_0000_0001),
    Double(bitPattern: 0xFFF0_0000_0000_0003), .infinity, -0.0, .leastNonzeroMagnitude, 1e300,
  ])
  func floatsInAttributesKeepTheirBits(number: Double) throws {
    let json = try format.json(.float(number), name: "")
    let reread = try JSON(parsing: json.text())
    guard case .float(let back) = try format.value(reread, name: "") else {
      Issue.record("\(json.text()) is not a float")
      return
    }
    #expect(back.bitPattern == number.bitPattern)
  }
}
