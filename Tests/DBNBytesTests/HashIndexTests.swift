import DBNBytes
import DBNTestSupport
import Testing

@Suite struct HashIndexTests {
  @Test func `places are found as a dictionary finds them, whatever the hashes`() {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("HashIndexTests: seed \(seed)")
    var generator = SeededGenerator(seed)
    // All hashes equal, a few, one for each bit pattern, as Swift makes them.
    let hashes: [(Int) -> Int] = [{ _ in -1 }, { $0 % 3 }, { $0 << 60 }, { $0.hashValue }]
    for (kind, hash) in hashes.enumerated() {
      var index = HashIndex()
      var elements: [Int] = []
      var expected: [Int: Int] = [:]
      if kind == 1 { index.reserveCapacity(500) { hash(elements[$0]) } }
      for _ in 0..<2000 {
        let element = Int.random(in: -300...300, using: &generator)
        #expect(
          index.index(hash: hash(element)) { elements[$0] == element } == expected[element],
          "seed \(seed)")
        let known = index.insertIfAbsent(
          hash: hash(element), where: { elements[$0] == element },
          hashOf: { hash(elements[$0]) })
        #expect(known == expected[element], "seed \(seed)")
        guard known == nil else { continue }
        expected[element] = elements.count
        elements.append(element)
      }
    }
  }
}
