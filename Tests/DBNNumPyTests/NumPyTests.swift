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
    let expected = try fixture.expected
    #expect(try Expectation.tensors(stateDict) == expected["tensors"])
    for value in expected["values"]?.array ?? [] {
      let found = try #require(value["name"]?.string.flatMap { stateDict.dictionary[$0] })
      #expect(try Expectation.tree(found) == value["value"], "\(value)")
    }
    let unreadable = stateDict.dictionary.entries.filter { $0.value.unreadableReason != nil }
    #expect(
      unreadable.map(\.key.description) == expected["unreadable"]?.array?.compactMap(\.string) ?? []
    )
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
    #expect(Self.archives.count == 3 && Self.arrays.count == 3)
  }

  fileprivate static func file(
    _ header: String, _ data: [UInt8] = [], version: [UInt8] = [1, 0]
  ) -> [UInt8] {
    let text = Array(header.utf8)
    let count =
      version[0] == 1 ? littleEndian(UInt16(text.count)) : littleEndian(UInt32(text.count))
    return [0x93] + Array("NUMPY".utf8) + version + count + text + data
  }

  fileprivate static func header(
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
    (file(header(descr: "'<U2'"), eight), .numPySize),
    (file(header(descr: "'<U1'"), [0, 0xD8] + [0, 0] + [0, 0, 0, 0]), .invalidText),
    (file(header(descr: "'|S4'"), [0xFF] + Array(repeating: 0, count: 7)), .invalidText),
    (file(header(descr: "'|U1'"), eight), .numPyType),
    (file(header(descr: "'<U-1'"), eight), .numPyType),
    (file(header(descr: "'<U'"), eight), .numPyType),
    (file(header(descr: "'<U0'", shape: "(99999999,)")), .limitExceeded),
    (file(header(descr: "'<U1'", shape: "(99999999, 0)")), .limitExceeded),
    (
      file(
        header(descr: "'<U1'", shape: "(" + String(repeating: "1, ", count: 65) + ")"),
        [0, 0, 0, 0]),
      .limitExceeded
    ),
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
    let alone = #expect(throws: CheckpointError.self) {
      try NumPyCheckpoint.read(ByteRegion(bytes))
    }
    #expect(alone?.code == code, "\(alone?.description ?? "")")
    let archive = ByteRegion(Archive([.init("bad.npy", bytes)]).bytes)
    // What is not damaged does not spoil the arrays around it.
    guard ![.numPyObjects, .numPyType, .invalidText, .limitExceeded].contains(code) else {
      let entry = try NumPyCheckpoint.read(archive).root.dictionary?["bad"]
      return #expect(entry?.unreadableReason == alone?.reason)
    }
    let error = #expect(throws: CheckpointError.self) { try NumPyCheckpoint.read(archive) }
    #expect(error?.code == code && error?.name == "bad.npy", "\(error?.description ?? "")")
  }

  @Test func anotherFileInAnArchiveIsAnUnreadableEntry() throws {
    let good = Self.file(Self.header(), Self.eight)
    let archive = Archive([.init("a.npy", good), .init("notes.txt", good)]).bytes
    let root = try #require(NumPyCheckpoint.read(ByteRegion(archive)).root.dictionary)
    #expect(root["a"]?.tensor != nil)
    #expect(root["notes.txt"]?.unreadableReason?.contains("does not end in .npy") == true)
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

extension NumPyTests {
  /// The archives' checksums catch changes when arrays are read: here the arrays are files.
  @Test func mutatedArraysOfTextEndInAValueOrAnError() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("seed \(seed)")
    var generator = SeededGenerator(seed)
    let text = "cat\0dog\0".unicodeScalars.flatMap { littleEndian($0.value) }
    let original = Self.file(Self.header(descr: "'<U4'", shape: "(1, 2)"), text)
    var refused = 0
    for _ in 0..<3000 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        bytes[Int.random(in: bytes.indices, using: &generator)] = .random(
          in: 0...255, using: &generator)
      }
      if (try? NumPyCheckpoint.read(ByteRegion(bytes))) == nil { refused += 1 }
    }
    #expect(refused > 0, "seed \(seed)")
  }
}

extension CheckpointValue {
  /// Why it can't be read; nil for every other value.
  fileprivate var unreadableReason: String? {
    guard case .opaque(let value) = self else { return nil }
    return value.unreadableReason
  }
}
