import DBNBytes
import Testing

@Suite struct ArrayRoomTests {
  @Test func `room for many is room for just those`() {
    var array: [Int] = []
    array.makeRoom(for: 100_000)
    #expect((100_000..<110_000).contains(array.capacity))
    let capacity = array.capacity
    array.append(contentsOf: 0..<100_000)
    array.makeRoom(for: 0)
    #expect(array.capacity == capacity)
  }

  @Test func `room for one at a time stays within a quarter, and is made few times`() {
    var (array, growths) = ([Int](), 0)
    for number in 0..<100_000 {
      let capacity = array.capacity
      array.makeRoom(for: 1)
      if array.capacity != capacity { growths += 1 }
      array.append(number)
      if number > 10_000 { #expect(array.capacity < array.count / 4 * 5 + 4096) }
    }
    #expect(array == Array(0..<100_000))
    #expect(growths < 100)
  }
}
