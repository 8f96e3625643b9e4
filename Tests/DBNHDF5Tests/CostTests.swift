import DBNCheckpointFormats
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
      group(path + [0], (0..<count).map { ("n\($0)", nil) })
    }

    /// A group of links to objects, or to the path at the start of its names.
    mutating func group(_ start: [UInt8], _ links: [(name: String, object: Int?)]) -> Int {
      var names = start
      var entries: [UInt8] = []
      for link in links {
        entries += littleEndian(names.count) + littleEndian(link.object ?? -1)
        entries += littleEndian(UInt32(link.object == nil ? 2 : 0))
        entries += [UInt8](repeating: 0, count: 4 + 16)
        names += Array("\(link.name)\0".utf8)
      }
      let count = links.count
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

  /// A group with two names, one of them very long: so are the names of all that is in it.
  @Test func namesUnderALongNameAreRefused() throws {
    func file(nameOf length: Int) -> ByteRegion {
      var file = File()
      let float: [UInt8] = [0x11, 0x20, 0x1F, 0, 4, 0, 0, 0, 0, 0, 0x20, 0, 0x17, 8, 0, 0x17]
      let value = file.header(
        File.message(1, [1, 0, 0, 0, 0, 0, 0, 0])
          + File.message(3, float + [0x7F, 0, 0, 0, 0, 0, 0, 0])
          + File.message(8, [3, 0, 4, 0, 0, 0, 0, 0]))
      let empty = [UInt8](repeating: 0, count: 8)
      let inner = file.group(empty, (0..<100).map { ("n\($0)", value) })
      let name = "b" + String(repeating: "x", count: length)
      let root = file.group(empty, [("a", inner), (name, inner)])
      return file.with(root: root)
    }
    func read(_ file: ByteRegion) throws(CheckpointError) -> Checkpoint? {
      try HDF5Format().readIfRecognised(SourceFile(file), options: ReadingOptions())
    }
    #expect(try read(file(nameOf: 1000))?.root.leaves.count == 200)
    let error = try #require(throws: CheckpointError.self) { try read(file(nameOf: 1 << 20)) }
    #expect(error.code == .limitExceeded, "\(error)")
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
