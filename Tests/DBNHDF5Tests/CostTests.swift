import DBNTensors
import DBNTestSupport
import Testing

@testable import DBNHDF5

/// Files of a few bytes that ask for much time or memory, put together by hand.
struct CostTests {
  /// A file with the oldest structures, one after the other.
  private struct File {
    var bytes = [UInt8](repeating: 0, count: 96)

    mutating func put(_ structure: [UInt8]) -> Int {
      bytes += [UInt8](repeating: 0, count: (8 - bytes.count % 8) % 8)
      defer { bytes += structure }
      return bytes.count
    }

    mutating func header(_ messages: [UInt8]) -> Int {
      let counts = littleEndian(UInt32(1)) + littleEndian(UInt32(messages.count))
      return put([1, 0, 1, 0] + counts + [UInt8](repeating: 0, count: 4) + messages)
    }

    static func message(_ type: UInt16, _ body: [UInt8]) -> [UInt8] {
      littleEndian(type) + littleEndian(UInt16(body.count)) + [0, 0, 0, 0] + body
    }

    func with(root: Int) -> ByteRegion {
      var file = bytes
      let start: [UInt8] =
        [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0, 0, 8, 8, 0, 4, 0, 16, 0, 0, 0]
        + [0, 0] + littleEndian(0) + littleEndian(-1) + littleEndian(file.count)
        + littleEndian(-1) + littleEndian(0) + littleEndian(root)
      file.replaceSubrange(0..<start.count, with: start)
      return ByteRegion(file)
    }

    /// A group of soft links with the names n0, n1 and so on, all to one path.
    mutating func softLinks(_ count: Int, to path: [UInt8]) -> Int {
      var names = path + [0]
      var entries: [UInt8] = []
      for number in 0..<count {
        entries += littleEndian(names.count) + littleEndian(-1) + littleEndian(UInt32(2))
        entries += [UInt8](repeating: 0, count: 4 + 16)
        names += Array("n\(number)\0".utf8)
      }
      let data = put(names)
      let heap = put(
        Array("HEAP".utf8) + [0, 0, 0, 0] + littleEndian(names.count) + littleEndian(1)
          + littleEndian(data))
      let node = put(Array("SNOD".utf8) + [1, 0] + littleEndian(UInt16(count)) + entries)
      let tree = put(
        Array("TREE".utf8) + [0, 0, 1, 0] + littleEndian(-1) + littleEndian(-1) + littleEndian(0)
          + littleEndian(node) + littleEndian(0))
      return header(Self.message(0x11, littleEndian(tree) + littleEndian(heap)))
    }
  }

  @Test func headersWithVeryManyContinuationsAreRefused() throws {
    var file = File()
    let blocks = (0..<200_001).flatMap { number in
      File.message(0x10, littleEndian(96 + number) + littleEndian(0))
    }
    let root = file.header(blocks)
    let error = try #require(throws: CheckpointError.self) {
      try CatalogParser.read(file.with(root: root))
    }
    #expect(error.code == .limitExceeded && error.reason.contains("too many messages"))
  }

  @Test func fewSoftLinksAreReadAndMillionsOfBytesOfThemRefused() throws {
    var file = File()
    let root = file.softLinks(3, to: Array("nowhere".utf8))
    let links = try CatalogParser.read(file.with(root: root)).groups[0].links
    #expect(links.map(\.name) == ["n0", "n1", "n2"])
    var large = File()
    let largeRoot = large.softLinks(100, to: [UInt8](repeating: 0x73, count: 1 << 20))
    let error = try #require(throws: CheckpointError.self) {
      try CatalogParser.read(large.with(root: largeRoot))
    }
    #expect(error.code == .limitExceeded)
  }
}
