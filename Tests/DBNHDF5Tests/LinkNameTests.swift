import DBNTensors
import DBNTestSupport
import Testing

@testable import DBNHDF5

struct LinkNameTests {
  @Test(arguments: [false, true])
  func everyKeyHasALinkNameOfItsOwn(hasIntKeys: Bool) throws {
    let seed = UInt64.random(in: .min ... .max)
    var generator = SeededGenerator(seed)
    let alphabet = Array("%/.012-aF\u{0}é\u{301}")
    var keys: [String: CheckpointDictionary.Key] = [:]
    for _ in 0..<20_000 {
      let count = Int.random(in: 0...4, using: &generator)
      let text = String((0..<count).compactMap { _ in alphabet.randomElement(using: &generator) })
      let number = Int.random(in: -20...20, using: &generator)
      let isInt = hasIntKeys && Bool.random(using: &generator)
      let key: CheckpointDictionary.Key = isInt ? .int(number) : .string(text)
      let name = LinkName.encode(key, hasIntKeys: hasIntKeys)
      #expect(!name.isEmpty && name != "." && !name.contains("/") && !name.utf8.contains(0))
      let decoded = try LinkName.decode(name, hasIntKeys: hasIntKeys, path: name)
      #expect(decoded == key, "seed \(seed): '\(name)'")
      let other = keys.updateValue(key, forKey: Array(name.utf8).description)
      #expect(other == nil || other == key, "seed \(seed): '\(name)'")
    }
  }
}
