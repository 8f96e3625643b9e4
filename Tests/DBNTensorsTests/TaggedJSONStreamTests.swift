import DBNCheckpointFormatContract
import DBNTestSupport
import Testing
@testable import DBNTensors

/// Values to and from text without a tree between, held against the way over JSON's tree.
struct TaggedJSONStreamTests {
  private static let tensor = try? Tensor(.bool, shape: [0], storage: TensorStorage(ByteRegion([])))

  private let format = TaggedJSON(
    json: { tensor, name throws(CheckpointError) in
      ["$tensor": .string(name), "requires_grad": .bool(tensor.requiresGrad)]
    },
    tensor: { json, name throws(CheckpointError) in
      guard json["$tensor"]?.string != nil, let tensor = Self.tensor else {
        throw CheckpointError(.inconsistentTensor, name: name, "not of this form")
      }
      return tensor
    },
    invalid: { CheckpointError(.inconsistentTensor, name: $0, "not of this form") })

  @Test(arguments: (0..<40).map { _ in UInt64.random(in: 0...UInt64.max) })
  func textIsThatOfTheTree(seed: UInt64) throws {
    var generator = SeededGenerator(seed)
    let value = randomValue(&generator, depth: 5)
    let expected = try unescaped(format.tree(value))
    var whole = JSONWriter()
    try format.write(value, to: &whole) { "" }
    #expect(whole.text == expected, "seed \(seed)")
    let read = try read(expected).get()
    #expect(try format.tree(read).text() == format.tree(untensored(value)).text(), "seed \(seed)")
  }

  /// As checkpoints have it: names stay as they are.
  private func unescaped(_ json: JSON) -> String {
    var text = JSONWriter()
    text.write(json)
    return text.text
  }

  /// Names of tensors are paths, which do not come back.
  private func untensored(_ value: CheckpointValue) throws -> CheckpointValue {
    try read(format.tree(value).text()).get()
  }

  @Test(arguments: (0..<10).map { _ in UInt64.random(in: 0...UInt64.max) })
  func piecesAndStringsHoldTheSameText(seed: UInt64) throws {
    var generator = SeededGenerator(seed)
    let value = CheckpointValue.list(
      (0..<2000).map { _ in randomValue(&generator, depth: 2) })
    let expected = try unescaped(format.tree(value))
    var pieces: [[UInt8]] = []
    var text = JSONWriter { piece, offset throws(CheckpointError) in
      #expect(offset == pieces.reduce(0) { $0 + $1.count })
      pieces.append(piece.withUnsafeBytes { Array($0) })
    }
    try text.writeQuoted { text throws(CheckpointError) in
      try format.write(value, to: &text) { "" }
    }
    try text.finish()
    #expect(pieces.count > 1 && text.byteCount == pieces.reduce(0) { $0 + $1.count })
    let quoted = try JSON(parsing: String(decoding: pieces.flatMap(\.self), as: UTF8.self))
    #expect(quoted.string == expected, "seed \(seed)")
    var counting = JSONWriter.counting
    try counting.writeQuoted { text throws(CheckpointError) in
      try format.write(value, to: &text) { "" }
    }
    #expect(counting.byteCount == text.byteCount)
  }

  /// Text with bytes changed, inserted, removed or moved: the same value, or the same error.
  @Test(arguments: (0..<20).map { _ in UInt64.random(in: 0...UInt64.max) })
  func damagedTextIsReadOrRefusedAlike(seed: UInt64) throws {
    var generator = SeededGenerator(seed)
    let original = Array(try format.tree(randomValue(&generator, depth: 3)).text().utf8)
    for _ in 0..<100 {
      let bytes = damaged(original, &generator)
      let text = String(decoding: bytes, as: UTF8.self)
      let expected = Result { () throws(CheckpointError) in
        try format.value(of: try JSON(parsing: ByteRegion(bytes)), "root")
      }
      let found = Result { () throws(CheckpointError) in try read(ByteRegion(bytes)).get() }
      switch (expected, found) {
      case (.success(let expected), .success(let found)):
        #expect(try format.tree(expected).text() == format.tree(found).text(), "\(text)")
      case (.failure(let expected), .failure(let found)):
        #expect(expected.description == found.description, "seed \(seed): \(text)")
      default: Issue.record("seed \(seed): \(text): \(expected), \(found)")
      }
      #expect(skipped(bytes)?.description == parsed(bytes)?.description, "seed \(seed): \(text)")
    }
  }

  private func read(_ text: String) throws -> Result<CheckpointValue, CheckpointError> {
    try read(ByteRegion(Array(text.utf8)))
  }

  private func read(
    _ text: ByteRegion
  ) throws(CheckpointError) -> Result<CheckpointValue, CheckpointError> {
    var parser = JSONParser(text)
    parser.skipSpace()
    let result = try format.parseValue(&parser, name: "root")
    try parser.expectEnd()
    return result
  }

  /// Why the text is no JSON, without a tree and with one.
  private func skipped(_ bytes: [UInt8]) -> CheckpointError? {
    var parser = JSONParser(ByteRegion(bytes))
    do throws(CheckpointError) {
      try parser.skipValue()
      try parser.expectEnd()
      return nil
    } catch {
      return error
    }
  }

  private func parsed(_ bytes: [UInt8]) -> CheckpointError? {
    do throws(CheckpointError) {
      _ = try JSON(parsing: ByteRegion(bytes))
      return nil
    } catch {
      return error
    }
  }

  private func damaged(_ bytes: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
    var bytes = bytes
    let odd = Array("\"\\{}[],:$ \n0-e\u{E9}tn".utf8)
    for _ in 0..<Int.random(in: 1...3, using: &generator) where !bytes.isEmpty {
      let place = Int.random(in: bytes.indices, using: &generator)
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: bytes[place] = odd.randomElement(using: &generator) ?? 0
      case 1: bytes.insert(odd.randomElement(using: &generator) ?? 0, at: place)
      case 2: bytes.remove(at: place)
      default: bytes.swapAt(place, Int.random(in: bytes.indices, using: &generator))
      }
    }
    return bytes
  }

  private func randomValue(
    _ generator: inout SeededGenerator, depth: Int
  ) -> CheckpointValue {
    let count = Int.random(in: 0...4, using: &generator)
    func elements() -> [CheckpointValue] {
      (0..<count).map { _ in randomValue(&generator, depth: depth - 1) }
    }
    switch Int.random(in: depth > 0 ? 0..<8 : 4..<8, using: &generator) {
    case 0: return .list(elements())
    case 1: return .tuple(elements())
    case 2: return .set(elements())
    case 3: return .dictionary(randomDictionary(&generator, count, elements()))
    case 4:
      guard var tensor = Self.tensor else { return .none }
      tensor.requiresGrad = Bool.random(using: &generator)
      return .tensor(tensor)
    default: return FormatContract.values.randomElement(using: &generator) ?? .none
    }
  }

  private func randomDictionary(
    _ generator: inout SeededGenerator, _ count: Int, _ values: [CheckpointValue]
  ) -> CheckpointDictionary {
    let kinds: [CheckpointDictionary.Kind] = [.dict, .orderedDict, .counter]
    var dictionary = CheckpointDictionary(kinds.randomElement(using: &generator) ?? .dict)
    for value in values {
      let name = FormatContract.oddNames.randomElement(using: &generator) ?? ""
      let isInt = Int.random(in: 0..<8, using: &generator) == 0
      dictionary.set(isInt ? .int(name.utf8.count) : .string(name), to: value)
    }
    if Bool.random(using: &generator), let value = values.first {
      dictionary.attributes = [("_metadata", value), ("é", .none)]
    }
    return dictionary
  }
}
