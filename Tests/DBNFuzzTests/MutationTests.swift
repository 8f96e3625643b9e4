import DBNTensors
import DBNTestSupport
import DBNZip
import Testing

@testable import DBNFuzzTargets

/// Changes that know a format keep what makes it one.
struct MutationTests {
  private let file: [UInt8]

  init() throws {
    file = try Fixture("torch/digits-standard").bytes("checkpoint.pth")
  }

  /// Instead of libFuzzer's: one byte is another.
  private static func plain(_ bytes: [UInt8], _ limit: Int) -> [UInt8] {
    bytes.isEmpty ? [1] : bytes.dropLast() + [bytes[bytes.count - 1] ^ 1]
  }

  private func changed(_ bytes: [UInt8], _ body: (inout Mutation) -> [UInt8]) -> [[UInt8]] {
    let seed = UInt64.random(in: 0..<1 << 48)
    print("MutationTests: seed \(seed)")
    return (0..<100).map { (step: UInt64) in
      var mutation = Mutation(seed: seed &+ step, limit: bytes.count * 2, plain: Self.plain)
      return body(&mutation)
    }
  }

  @Test func changedArchivesHaveTheirChecksumsAndDirectory() throws {
    for bytes in changed(file, { $0.structured(file) }) {
      #expect(bytes != file)
      do throws(CheckpointError) {
        for entry in try ZipArchive(ByteRegion(bytes)).entries { _ = try entry.content() }
      } catch {
        // A record was repeated, or has another name.
        #expect([.zipDuplicate, .zipName].contains(error.code), "\(error)")
      }
    }
  }

  @Test func picklesArePutTogetherAsTheyWere() throws {
    let archive = try ZipArchive(ByteRegion(file))
    for entry in archive.entries where entry.name.hasSuffix(".pkl") {
      let pickle = try entry.content().array
      let (operations, rest) = PickledOperation.all(in: pickle + [1, 2])
      #expect(operations.count > 100 && rest == [1, 2])
      #expect(operations.flatMap(\.bytes) == pickle)
    }
  }

  @Test func changedPicklesHaveWholeOperations() {
    let pickle = [0x80, 2] + Pickle.list(Pickle.text("abc"), Pickle.global("a.b")) + [0x2E]
    for bytes in changed(pickle, { $0.changedPickles(pickle) }) where bytes.last == 0x2E {
      #expect(PickledOperation.all(in: bytes).rest.isEmpty, "\(bytes)")
    }
  }
}
