import DBNTestSupport
import Foundation
import Testing

@testable import DBNBytes

/// What killed processes leave is cleared by the next writer, and nothing else is.
struct LeftoversTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func contents() throws -> [String: [UInt8]] {
    try Dictionary(
      uniqueKeysWithValues: folder.contents.map {
        ($0, Array(try Data(contentsOf: URL(filePath: folder.file($0)))))
      })
  }

  private func clear() { Leftovers.clear(besides: folder.file("any")) }

  /// A change of three names, two of them of old files, and of one that is taken away.
  private struct Change {
    let records = ChangeRecords()
    let record: ChangeRecord
    let files: [UnnamedFile]
    let changes: [NameChange]

    init(in folder: TemporaryFolder) throws {
      let locations = ["a", "b", "new", "gone"].map {
        OutputLocation(folder.file($0), .replace)
      }
      let record = try records.record(for: locations[0])
      files = try locations.dropLast().map { location in
        let file = try UnnamedFile(location, ChangeRecords())
        _ = write(file.descriptor, "new", 3)
        return file
      }
      changes = zip(locations, files.map(\.identity) + [nil]).map { location, identity in
        NameChange(
          target: location.target, newFile: identity, temporary: record.makeName(),
          backup: record.makeName(), isFree: location.status == nil)
      }
      changes.forEach(record.add)
      try record.write(at: locations[0])
      self.record = record
    }

    func make(_ count: Int) throws {
      for (file, change) in zip(files, changes).prefix(count) { try file.takeName(change) }
      if count > 3 { rename(changes[3].target, changes[3].backup) }
    }
  }

  @Test(arguments: 0...4)
  func aChangeThatWasNotFinishedIsUndone(made count: Int) throws {
    for name in ["a", "b", "gone", "other"] { _ = try folder.write([1], to: name) }
    let before = try contents()
    do {
      let change = try Change(in: folder)
      try change.make(count)
      #expect(try contents() != before)
      // As if it were killed here: nothing is removed, and nobody has the lock any more.
      change.record.leave()
    }
    #expect(try contents() != before)
    clear()
    #expect(try contents() == before)
  }

  @Test func aFinishedChangeStaysAndTheOldFilesGo() throws {
    for name in ["a", "b", "gone"] { _ = try folder.write([1], to: name) }
    do {
      let change = try Change(in: folder)
      try change.make(4)
      try change.record.clear(at: OutputLocation(folder.file("a"), .replace))
      change.record.leave()
    }
    clear()
    let new = Array("new".utf8)
    #expect(try contents() == ["a": new, "b": new, "new": new])
  }

  @Test func whatALivingProcessNeedsStays() throws {
    for name in ["a", "b", "gone"] { _ = try folder.write([1], to: name) }
    let change = try Change(in: folder)
    try change.make(2)
    let during = try contents()
    clear()
    #expect(try contents() == during)
  }

  /// A file that another process has given the name since is not touched.
  @Test func aNameThatIsTakenSinceStays() throws {
    _ = try folder.write([1], to: "a")
    do {
      let change = try Change(in: folder)
      try change.make(1)
      change.record.leave()
    }
    rename(try folder.write([9], to: "later"), folder.file("a"))
    clear()
    #expect(try contents() == ["a": [9]])
  }

  /// An archive that a user extracts must not make a command delete files.
  @Test func aRecordThatWasCopiedUndoesNothing() throws {
    _ = try folder.write([1], to: "a")
    do {
      let change = try Change(in: folder)
      try change.make(1)
      let copy = try Data(contentsOf: URL(filePath: change.record.path))
      change.record.leave()
      unlink(change.record.path)
      try copy.write(to: URL(filePath: change.record.path))
    }
    clear()
    #expect(try contents() == ["a": Array("new".utf8)])
  }

  @Test(arguments: [
    "../a", "", ".", "..", "sub/a",
  ])
  func aRecordNamesOnlyFilesOfItsFolder(name: String) throws {
    let path = folder.file(".dbn-convert-0123456789abcdef")
    let identity = try #require(
      FileIdentity(try folder.write([], to: ".dbn-convert-0123456789abcdef")))
    func text(_ target: String, _ temporary: String) -> ChangeText? {
      let fields = [
        "dbn-convert 1", "\(identity.inode)", "-", "free", target, temporary,
        ".dbn-convert-0123456789abcdef-1", "end",
      ]
      return ChangeText(
        parsing: fields.flatMap { Array($0.utf8) + [0] }, of: path, identity)
    }
    let own = ".dbn-convert-0123456789abcdef-0"
    #expect(text("a", own)?.changes.map(\.target) == [folder.file("a")])
    #expect(text(name, own) == nil && text("a", name) == nil && text("a", "b") == nil)
  }

  @Test func temporaryFilesWithoutARecordGoAndOtherNamesStay() throws {
    let others = [
      ".dbn-convert", ".dbn-convert-", ".dbn-convert-0123", ".dbn-convert-1234-deadbeef",
      ".dbn-convert-0123456789abcdef-x", ".dbn-convert-0123456789abcdef-1-2", "a",
    ]
    for name in others + [".dbn-convert-0123456789abcdef-0", ".dbn-convert-0123456789abcdef-12"] {
      _ = try folder.write([1], to: name)
    }
    clear()
    #expect(folder.contents == others.sorted())
  }

  @Test func everyPrefixOfARecordIsAnUnfinishedOne() throws {
    let change = NameChange(
      target: folder.file("a"), newFile: nil,
      temporary: folder.file(".dbn-convert-0123456789abcdef-0"),
      backup: folder.file(".dbn-convert-0123456789abcdef-1"), isFree: false)
    let path = try folder.write([], to: ".dbn-convert-0123456789abcdef")
    let identity = try #require(FileIdentity(path))
    let bytes = ChangeText([change], in: folder.path, inode: identity.inode).bytes
    #expect(ChangeText(parsing: bytes, of: path, identity)?.changes == [change])
    for count in 0..<bytes.count {
      #expect(ChangeText(parsing: Array(bytes[..<count]), of: path, identity) == nil)
    }
  }
}

/// Who may read a new file.
struct PermissionsTests {
  @Test(arguments: [
    (0o644, 0o666), (0o600, 0o600), (0o640, 0o660), (0o604, 0o606), (0o444, 0o666), (0o400, 0o600),
  ])
  func nobodyReadsTheOutputWhoCannotReadTheInput(input: Int, output: Int) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([1], to: "in")
    chmod(path, mode_t(input))
    var permissions = Permissions()
    permissions.limit(to: path)
    permissions.limit(to: folder.file("nowhere"))
    #expect(permissions.mode == mode_t(output))
    var files = StagedFiles()
    try files.add(
      files.makeFile(
        folder.file("out"), existing: ExistingFiles(newFilePermissions: permissions)))
    try files.commit()
    let attributes = try FileManager.default.attributesOfItem(atPath: folder.file("out"))
    // The umask of the tests takes more.
    #expect((attributes[.posixPermissions] as? Int).map { $0 & ~output } == 0)
  }

  /// The administrator may write everything.
  @Test(.enabled(if: geteuid() != 0)) func aReadOnlyFileIsNotReplaced() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([1], to: "out")
    chmod(path, 0o444)
    let error = #expect(throws: CheckpointError.self) { try ExistingFiles.replace.check(path) }
    #expect(error?.code == .readOnly && error?.path == path)
  }
}
