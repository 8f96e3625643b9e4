import DBNTensors
import Testing

@testable import DBNHDF5

/// The attribute `checksums` as it is read, and as it is written.
struct ChecksumTableTests {
  @Test func eachChecksumIsTakenOnce() throws {
    let paths = Sample.oddKeys + (0..<300).map { "layer\($0)/weight" }
    let members = paths.enumerated().map {
      JSON.Member($0.element, .string(UInt32($0.offset * 999_983).hexadecimal))
    }
    var table = try ChecksumTable(parsing: " \n" + JSON.object(members).text(indented: true) + "\n")
    #expect(table.take("layer300/weight") == nil)
    for (index, path) in paths.enumerated().shuffled() {
      #expect(table.take(path) == UInt32(index * 999_983))
      #expect(table.take(path) == nil)
    }
    #expect(table.firstUnused == nil)
  }

  @Test func thePathsThatAreLeftAreNamed() throws {
    var table = try ChecksumTable(
      parsing: #"{"c": "00000001", "\u0061": "00000002", "b": "00000003"}"#)
    #expect(table.firstUnused == "a")
    #expect(table.take("a") == 2)
    #expect(table.firstUnused == "b")
  }

  @Test(arguments: [
    #"{"a": "00000000", "\u0061": "00000000"}"#, #"{"a": "00000000"} 1"#, #"{"a": "00000000""#, "",
    "[1,]", "x",
  ])
  func theTextIsOneObjectWithEachPathOnce(text: String) {
    let error = #expect(throws: CheckpointError.self) { try ChecksumTable(parsing: text) }
    #expect(error?.code == .invalidJSON)
  }

  @Test func theTextIsThatOfAnObject() throws {
    var root = CheckpointDictionary()
    for key in Sample.oddKeys { root.set(.string(key), to: .tensor(try Sample.tensor())) }
    root.set(.string("number"), to: .int(3))
    root.set(.string("inner"), to: .dictionary(try Sample.stateDict(Sample.oddKeys)))
    let plan = try SchemaWriter(Checkpoint(root: .dictionary(root)))
    let checksums = plan.contents.indices.map { UInt32($0 * 77_777_777) }
    let members = plan.tensors.map {
      JSON.Member(plan.catalog.datasets[$0].path, .string(checksums[$0].hexadecimal))
    }
    #expect(members.count == 2 * Sample.oddKeys.count)
    #expect(plan.text(ofChecksums: checksums) == JSON.object(members).text())
    let empty = try SchemaWriter(Checkpoint(root: .dictionary(CheckpointDictionary())))
    #expect(empty.text(ofChecksums: []) == "{}")
  }
}
