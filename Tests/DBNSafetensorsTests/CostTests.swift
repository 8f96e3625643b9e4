import DBNSafetensors
import DBNTensors
import DBNTestSupport
import Testing

/// Headers that ask for much time, memory or room on a terminal.
struct CostTests {
  private func read(_ header: String, data: [UInt8] = []) throws(CheckpointError) -> Checkpoint {
    let text = Array(header.utf8)
    return try SafetensorsCheckpoint.read(ByteRegion(littleEndian(text.count) + text + data))
  }

  @Test func aTensorHasAtMost64Dimensions() throws {
    func header(_ rank: Int) -> String {
      let shape = Array(repeating: "1", count: rank).joined(separator: ",")
      return #"{"a":{"dtype":"U8","shape":[\#(shape)],"data_offsets":[0,1]}}"#
    }
    #expect(try read(header(64), data: [1]).root.dictionary?["a"]?.tensor?.shape.count == 64)
    let error = try #require(throws: CheckpointError.self) { try read(header(65), data: [1]) }
    #expect(error.code == .limitExceeded && error.reason.contains("64 dimensions"))
  }

  @Test func unknownFieldsAreNamedOnlyAtFirst() throws {
    let fields = (0..<1000).map { #""field\#($0)":[{}]"# }.joined(separator: ",")
    let notes = try read(
      #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],\#(fields)}}"#, data: [1]
    ).notes
    #expect(notes.count == 9)
    #expect(notes.last?.description.contains("992 more fields") == true)
  }

  @Test func metadataHasALimit() throws {
    func header(_ count: Int) -> String {
      #"{"__metadata__":{\#((0..<count).map { #""\#($0)":"""# }.joined(separator: ","))}}"#
    }
    #expect(throws: Never.self) { try read(header(10_000)) }
    let error = try #require(throws: CheckpointError.self) { try read(header(10_001)) }
    #expect(error.code == .limitExceeded && error.name == "__metadata__")
  }
}
