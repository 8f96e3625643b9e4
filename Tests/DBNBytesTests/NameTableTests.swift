import DBNBytes
import Testing

struct NameTableTests {
  @Test(arguments: [0, 1, 8, 9, 10, 1000])
  func namesHaveTheirPlacesInOrder(count: Int) {
    var table = NameTable()
    let names = (0..<count).map { "name \($0)" }
    let areNew = names.map { table.add($0) }
    #expect(areNew.allSatisfy { $0 })
    #expect(names.enumerated().allSatisfy { table.place(of: $1) == $0 })
    let areNewAgain = names.map { table.add($0) }
    #expect(!areNewAgain.contains(true))
    #expect(table.names == names && table.count == count)
    for (place, name) in names.enumerated() { #expect(table.place(of: name) == place) }
    #expect(table.place(of: "name") == nil)
  }

  @Test(arguments: [0, 20])
  func bothSpellingsOfAnAccentAreTwoNames(others: Int) {
    var table = NameTable()
    for other in 0..<others { _ = table.add("\(other)") }
    let areNew = ["\u{e9}", "e\u{301}"].map { table.add($0) }
    #expect(areNew == [true, true])
    #expect(table.place(of: "\u{e9}") == others && table.place(of: "e\u{301}") == others + 1)
  }
}
