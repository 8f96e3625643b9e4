import DBNTensors
import Testing

@testable import DBNTorch

/// Lists of a distributed checkpoint are as long as their last index says.
struct SparseListTests {
  private func tree(lists: Int, length: Int, byteCount: Int) throws -> CheckpointValue {
    var values = NestedValues(Budget(byteCount: byteCount))
    for list in 0..<lists {
      try values.set([.string("k\(list)"), .int(length - 1)], to: .int(list))
    }
    return try values.tree()
  }

  @Test func fewIndicesCanNotMakeManyLongLists() throws {
    #expect(try tree(lists: 300, length: 300, byteCount: 1000).dictionary?.entries.count == 300)
    let error = try #require(throws: CheckpointError.self) {
      try tree(lists: 400, length: 400, byteCount: 1000)
    }
    #expect(error.code == .limitExceeded && error.reason.contains("100000 values"))
    #expect(throws: Never.self) { try tree(lists: 400, length: 400, byteCount: 200_000) }
  }
}
