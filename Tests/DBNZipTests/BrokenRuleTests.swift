import DBNTensors
import DBNTestSupport
import DBNZip
import Testing

/// Each rule of the format broken once, in an archive that is otherwise right.
struct BrokenRuleTests {
  struct Rule: CustomStringConvertible {
    let description: String
    let code: CheckpointError.Code
    let bytes: [UInt8]

    init(_ description: String, _ code: CheckpointError.Code, _ bytes: [UInt8]) {
      self.description = description
      self.code = code
      self.bytes = bytes
    }

    /// A rule broken by a change of the second of two records.
    init(
      _ description: String, _ code: CheckpointError.Code, isZip64: Bool = false,
      _ change: (inout Archive.Record) -> Void
    ) {
      var archive = Archive([.init("first", [1]), .init("second", [1, 2, 3, 4])])
      archive.isZip64 = isZip64
      change(&archive.records[1])
      self.init(description, code, archive.bytes)
    }

    /// A rule broken by other bytes at a place counted from the end record.
    init(
      _ description: String, _ code: CheckpointError.Code, isZip64: Bool = false, at place: Int,
      _ replacement: [UInt8]
    ) {
      var archive = Archive([.init("first", [1]), .init("second", [1, 2, 3, 4])])
      archive.isZip64 = isZip64
      var bytes = archive.bytes
      let start = bytes.count - 22 + place
      bytes.replaceSubrange(start..<start + replacement.count, with: replacement)
      self.init(description, code, bytes)
    }
  }

  static let rules: [Rule] = [
    Rule("nothing", .zipEndRecord, []),
    Rule("an end that is no end", .zipEndRecord, at: 0, [0x51]),
    Rule("a comment longer than the file", .zipEndRecord, at: 20, [1, 0]),
    Rule("another disk", .zipMultipleDisks, at: 4, [1, 0]),
    Rule("records on another disk", .zipMultipleDisks, at: 8, [1, 0]),
    Rule("another disk in the zip64 locator", .zipMultipleDisks, isZip64: true, at: -4, [2]),
    Rule("more records than fit", .zipDirectory, at: 8, [99, 0, 99, 0]),
    Rule("fewer records than there are", .zipDirectory, at: 8, [1, 0, 1, 0]),
    Rule("a directory that is shorter", .zipDirectory, at: 12, [1, 0, 0, 0]),
    Rule("a directory beyond the file", .zipDirectory, at: 16, [0xFF, 0xFF, 0xFF, 0x7F]),
    Rule("a damaged directory", .zipDirectory, at: -52, [0]),
    Rule("two end records that disagree", .zip64, isZip64: true, at: 8, [1, 0, 1, 0]),
    Rule("a zip64 record elsewhere", .zip64, isZip64: true, at: -12, [0]),
    Rule("a zip64 record beyond itself", .zip64, isZip64: true, at: -12, [0xFF, 0xFF]),
    Rule("a damaged zip64 record", .zip64, isZip64: true, at: -76, [0]),
    Rule("64-bit sizes that are missing", .zip64) { $0.size = 0xFFFF_FFFF },
    Rule("a name that is no text", .zipName) { $0.name = [0xFF] },
    Rule("the same name twice", .zipDuplicate) { $0.name = Array("first".utf8) },
    Rule("encryption", .zipEncrypted) { $0.flags |= 1 },
    Rule("strong encryption", .zipEncrypted) { $0.flags |= 0x40 },
    Rule("another compression", .zipMethod) { $0.method = 12 },
    Rule("two sizes of a stored record", .zipSize) { $0.size = 3 },
    Rule("more than deflate can hold", .zipSize) {
      $0 = $0.deflated
      $0.size = 1 << 20
    },
    Rule("a size beyond the archive", .zipBounds) {
      $0.size = 1000
      $0.compressedSize = 1000
    },
    Rule("a place beyond the archive", .zipBounds) { $0.offset = 1000 },
    Rule("a 64-bit place beyond the archive", .zipBounds, isZip64: true) { $0.offset = .max },
    Rule("a place in the directory", .zipBounds) {
      $0.size = 80; $0.compressedSize = 80
    },
    Rule("the place of another record", .zipLocalHeader) { $0.offset = 0 },
    Rule("another name in place", .zipLocalHeader) { $0.localName = Array("other".utf8) },
    Rule("a record inside another", .zipOverlap, nested),
  ]

  /// The second record's local header stands in the first one's content too.
  static var nested: [UInt8] {
    var second = Archive.Record("second", [1, 2, 3, 4])
    let inside = Archive([]).localHeader(of: second) + second.payload
    let first = Archive.Record("first", inside)
    second.offset = Archive([]).localHeader(of: first).count
    return Archive([first, second]).bytes
  }

  @Test(arguments: rules)
  func brokenRulesAreRefusedByTheirCode(rule: Rule) throws {
    let error = try #require(throws: CheckpointError.self) {
      try ZipArchive(ByteRegion(rule.bytes))
    }
    #expect(error.code == rule.code, "\(error)")
  }

  @Test(arguments: [-1, 1])
  func deflatedContentOfAnotherSizeIsRefused(difference: Int) throws {
    var record = Archive.Record("a", [1, 2, 3, 4]).deflated
    record.size += difference
    let entry = try #require(try ZipArchive(ByteRegion(Archive([record]).bytes))["a"])
    let error = try #require(throws: CheckpointError.self) { try entry.content() }
    #expect(error.code == .invalidCompression)
  }
}
