import DBNNumPy
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

/// Files that NumPy wrote, and headers that break its rules.
struct NumPyTests {
  private static let arrays = Fixture.all("npz").filter { fixture in
    FileManager.default.fileExists(atPath: fixture.file("arrays.npy"))
  }
  private static let archives = Fixture.all("npz").filter { fixture in
    FileManager.default.fileExists(atPath: fixture.file("arrays.npz"))
  }

  @Test(arguments: archives)
  func archivesOfNumPyAreRead(fixture: Fixture) throws {
    let file = try MappedFile.open(fixture.file("arrays.npz"))
    #expect(NumPyCheckpoint.recognises(file))
    let stateDict = try #require(
      NumPyCheckpoint.read(file).root.dictionary.flatMap { StateDict($0) })
    #expect(!stateDict.tensors.isEmpty)
    #expect(try Expectation.tensors(stateDict) == fixture.expected["tensors"])
  }

  @Test(arguments: arrays)
  func arraysOfEveryVersionAreRead(fixture: Fixture) throws {
    let file = try MappedFile.open(fixture.file("arrays.npy"))
    #expect(NumPyCheckpoint.recognises(file))
    var stateDict = StateDict()
    stateDict[""] = try NumPyCheckpoint.read(file).root.tensor
    #expect(try Expectation.tensors(stateDict) == fixture.expected["tensors"])
  }

  @Test func thereAreFixtures() {
    #expect(Self.archives.count == 2 && Self.arrays.count == 3)
  }

  private static func file(
    _ header: String, _ data: [UInt8] = [], version: [UInt8] = [1, 0]
  ) -> [UInt8] {
    let text = Array(header.utf8)
    let count =
      version[0] == 1 ? littleEndian(UInt16(text.count)) : littleEndian(UInt32(text.count))
    return [0x93] + Array("NUMPY".utf8) + version + count + text + data
  }

  private static func header(
    descr: String = "'<f4'", order: String = "False", shape: String = "(2,)"
  ) -> String {
    "{'descr': \(descr), 'fortran_order': \(order), 'shape': \(shape), }\n"
  }

  private static let eight = [UInt8](0..<8)

  @Test(arguments: [
    header(), "{\"descr\":\"<f4\",\"shape\":(2,),\"fortran_order\":False}", header(shape: "(2L,)"),
    header(shape: "(1, 2)"), header(shape: "( 2 , 1 )"), header(order: "True"),
    header(descr: "'>i8'", shape: "()"), header(descr: "'|u1'", shape: "(8,)"),
    header(descr: "'<c8'", shape: "(1,)"),
  ])
  func headersAreReadAsPythonWouldReadThem(header: String) throws {
    let tensor = try NumPyCheckpoint.read(ByteRegion(Self.file(header, Self.eight))).root.tensor
    #expect(tensor?.byteCount == 8)
  }

  @Test(arguments: [
    ([], CheckpointError.Code.truncated), (Array("not an array".utf8), .notNumPy),
    (file(header(), eight, version: [4, 0]), .numPyVersion),
    (file(header(), eight, version: [1, 1]), .numPyVersion),
    (file(header(), eight, version: [0, 0]), .numPyVersion),
    (file(String(repeating: " ", count: 10_001)), .limitExceeded),
    (file(header(), [0]), .numPySize), (file(header(), eight + [0]), .numPySize),
    (file(header(shape: "(3,)"), eight), .numPySize),
    (file(header(shape: "(4294967296, 4294967296)"), eight), .overflow),
    (file(header(descr: "'|O'"), eight), .numPyObjects),
    (file(header(descr: "'O'"), eight), .numPyType),
    (file(header(descr: "[('a', '<f4')]"), eight), .numPyType),
    (file(header(descr: "'<U2'"), eight), .numPyType),
    (file(header(descr: "'<M8[ns]'"), eight), .numPyType),
    (file(header(descr: "'|f4'"), eight), .numPyType),
    (file(header(descr: "''"), eight), .numPyType),
    (file(header(descr: "1"), eight), .numPyHeader),
    (file(header(order: "None"), eight), .numPyHeader),
    (file(header(order: "Falsy"), eight), .numPyHeader),
    (file(header(shape: "(2)"), eight), .numPyHeader),
    (file(header(shape: "(-2,)"), eight), .numPyHeader),
    (file(header(shape: "(2.0,)"), eight), .numPyHeader),
    (file(header(shape: "(02,)"), eight), .numPyHeader),
    (file(header(shape: "(99999999999999999999,)"), eight), .numPyHeader),
    (file(header(shape: "(2"), eight), .numPyHeader),
    (file(header(shape: "__import__('os')"), eight), .numPyHeader),
    (file(header(shape: "(2,)}#"), eight), .numPyHeader),
    (file("{'descr': '<f4', 'shape': (2,)}", eight), .numPyHeader),
    (file("{'descr': '<f4', 'descr': '<f4', 'shape': (2,)}", eight), .numPyHeader),
    (
      file("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': True}", eight),
      .numPyHeader
    ),
    (file("{'descr': '<f\\x34'}", eight), .numPyHeader), (file("{'descr", eight), .numPyHeader),
    (file("{'descr'", eight), .numPyHeader), (file("{", eight), .numPyHeader),
    (file("", eight), .numPyHeader),
  ])
  func brokenRulesAreRefused(bytes: [UInt8], code: CheckpointError.Code) throws {
    for archived in [false, true] {
      let file = archived ? Archive([.init("bad.npy", bytes)]).bytes : bytes
      let error = #expect(throws: CheckpointError.self) {
        try NumPyCheckpoint.read(ByteRegion(file))
      }
      #expect(error?.code == code, "\(error?.description ?? "")")
      if archived { #expect(error?.name == "bad.npy") }
    }
  }

  @Test func archivesHoldArraysOnlyAndEachOnce() throws {
    let good = Self.file(Self.header(), Self.eight)
    let other = Archive([.init("a.npy", good), .init("notes.txt", good)]).bytes
    let error = #expect(throws: CheckpointError.self) {
      try NumPyCheckpoint.read(ByteRegion(other))
    }
    #expect(error?.code == .notNumPy && error?.name == "notes.txt")
    #expect(!NumPyCheckpoint.recognises(ByteRegion(Archive([.init("a/data.pkl", good)]).bytes)))
  }

  @Test(arguments: [false, true])
  func damagedArraysAreFoundWhenTheyAreRead(deflated: Bool) throws {
    var record = Archive.Record("a.npy", Self.file(Self.header(), Self.eight), crc32: 1)
    if deflated { record = record.deflated }
    let error = #expect(throws: CheckpointError.self) {
      let checkpoint = try NumPyCheckpoint.read(ByteRegion(Archive([record]).bytes))
      _ = try checkpoint.root.dictionary?["a"]?.tensor?.storage.crc32()
    }
    #expect(error?.code == .checksumMismatch)
  }

  @Test(arguments: archives)
  func everyShortPrefixOfAnArchiveIsRefused(fixture: Fixture) throws {
    let bytes = try fixture.bytes("arrays.npz")
    for count in stride(from: 0, to: bytes.count, by: 101) {
      #expect(throws: CheckpointError.self, "\(count) bytes") {
        try NumPyCheckpoint.read(ByteRegion(Array(bytes.prefix(count))))
      }
    }
  }
}
