import DBNCheckpointFormats
import DBNTensors
import DBNTestSupport
import Testing

@testable import DBNHDF5

/// Weights of Keras in several files with an index.
struct KerasShardsTests {
  private let fixture = Fixture("keras-shards")

  @Test func shardsAreReadInTheOrderOfTheIndex() throws {
    let checkpoint = try KerasShardsFormat().read(fixture.file("net.weights.json"))
    let stateDict = try checkpoint.stateDict()
    #expect(try Expectation.tensors(stateDict) == fixture.expected["tensors"])
    let converted = try KerasNames.converting(stateDict).stateDict
    #expect(converted.names.prefix(2) == ["first.weight", "first.bias"])
    #expect(checkpoint.notes.filter { $0.description.contains("epsilon") }.count == 1)
  }

  @Test func everyFileOfTheIndexIsACompanion() {
    let files = KerasShardsFormat().companions(of: fixture.file("net.weights.json"))
    #expect(files.count > 1 && files.allSatisfy { $0.hasSuffix(".weights.h5") })
  }

  @Test(arguments: [
    "{}", #"{"weight_map": []}"#, #"{"weight_map": {}}"#, #"{"weight_map": {"/a/vars": 1}}"#,
    #"{"weight_map": {"/a/vars": ["../x.weights.h5"]}}"#,
    #"{"weight_map": {"/a/vars": ["x.bin"]}}"#,
    #"{"weight_map": {"/a/vars": "/etc/x.weights.h5"}}"#,
  ])
  func anIndexThatLeadsElsewhereIsRefused(text: String) {
    let error = #expect(throws: CheckpointError.self) {
      try KerasShardIndex(parsing: ByteRegion(Array(text.utf8)))
    }
    #expect(error?.code == .kerasShards)
  }

  @Test func weightsThatNoFileHasAreNamed() throws {
    let folder = try TemporaryFolder()
    let index = try String(decoding: fixture.bytes("net.weights.json"), as: UTF8.self)
    let path = try folder.write(
      Array(index.replacing("/layers/dense/vars", with: "/layers/other/vars").utf8),
      to: "net.weights.json")
    for file in KerasShardsFormat().companions(of: path) {
      let name = String(file.split(separator: "/").last ?? "")
      _ = try folder.write(fixture.bytes(name), to: name)
    }
    let error = #expect(throws: CheckpointError.self) { try KerasShardsFormat().read(path) }
    #expect(error?.code == .kerasShards && error?.name == "layers.other")
  }
}
