import DBNTestSupport
import Foundation
import Synchronization
import Testing

@testable import DBNBytes

/// Files that get their names complete, and in nobody's place by accident.
struct AtomicFileTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("out.h5")
  }

  private func bytes(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: path)))
  }

  /// Files with these bytes each, complete, without names.
  private func stage(
    _ paths: String..., existing: ExistingFiles = .refuse
  ) throws -> StagedFiles {
    var files = StagedFiles()
    for path in paths {
      let file = try files.makeFile(path, existing: existing)
      try file.write(([7, 7] as [UInt8]).span.bytes, at: 0)
      try files.add(file)
    }
    return files
  }

  /// Why the files could not have their names. (A closure can't give away what it captures.)
  private func failure(_ files: consuming StagedFiles) -> CheckpointError? {
    do throws(CheckpointError) {
      try files.commit()
      return nil
    } catch {
      return error
    }
  }

  /// The rule of a command that reads these files.
  private func rule(
    _ inputs: String..., inPlace: Bool = false, force: Bool = false
  ) throws -> ExistingFiles {
    let pairs = try inputs.map { (try #require(FileIdentity($0)), $0) }
    return ExistingFiles(
      inputs: Dictionary(uniqueKeysWithValues: pairs),
      heldFiles: inputs.compactMap { HeldFile($0) }, replacesInputs: inPlace,
      replacesOthers: force)
  }

  @Test func aFileHasNoNameUntilAllHaveTheirs() throws {
    let files = try stage(path, folder.file("b.h5"))
    #expect(folder.contents.isEmpty)
    try files.commit()
    #expect(folder.contents == ["b.h5", "out.h5"])
  }

  @Test func manyFilesAppearTogetherAndNothingElse() throws {
    var files = StagedFiles()
    for index in 0..<200 {
      let file = try files.makeFile(folder.file("\(index)"), existing: .refuse)
      try file.write(([7] as [UInt8]).span.bytes, at: 0)
      try files.add(file)
    }
    #expect(folder.contents.allSatisfy { $0.hasPrefix(".dbn-convert") })
    try files.commit()
    #expect(Set(folder.contents) == Set((0..<200).map { "\($0)" }))
  }

  @Test func filesThatAreNotCommittedLeaveNothing() throws {
    for count in [1, 200] {
      var files = StagedFiles()
      for index in 0..<count {
        try files.add(files.makeFile(folder.file("\(index)"), existing: .refuse))
      }
      _ = consume files
      #expect(folder.contents.isEmpty)
    }
  }

  @Test func anExistingFileIsRefusedBeforeAnythingIsWritten() throws {
    _ = try folder.write([1], to: "out.h5")
    let error = #expect(throws: CheckpointError.self) { try stage(path).commit() }
    #expect(error?.code == .fileExists && error?.path == path)
    #expect(try bytes(path) == [1] && folder.contents == ["out.h5"])
  }

  /// Between the first look and the last step.
  @Test(arguments: [1, 200])
  func aFileThatAppearsInBetweenIsNotReplaced(others: Int) throws {
    var files = StagedFiles()
    for name in (1..<others).map({ "\($0)" }) + ["out.h5"] {
      try files.add(files.makeFile(folder.file(name), existing: .refuse))
    }
    _ = try folder.write([1], to: "out.h5")
    var early: CheckpointError?
    do throws(CheckpointError) { try files.check() } catch { early = error }
    #expect(early?.code == .fileExists)
    let error = failure(files)
    #expect(error?.code == .fileExists && error?.path == path)
    #expect(try bytes(path) == [1] && folder.contents == ["out.h5"])
  }

  @Test func twoWritersAreOneThatWinsAndOneThatFails() async throws {
    for round in 0..<100 {
      let path = folder.file("\(round)")
      let won = try await withThrowingTaskGroup(of: UInt8?.self) { group in
        for writer: UInt8 in 1...4 {
          group.addTask {
            do {
              // One that starts late is refused here.
              var files = StagedFiles()
              let file = try files.makeFile(path, existing: .refuse)
              try file.write([writer].span.bytes, at: 0)
              try files.add(file)
              try files.commit()
              return writer
            } catch let error as CheckpointError {
              #expect(error.code == .fileExists)
              return nil
            }
          }
        }
        return try await group.reduce(into: []) { won, writer in won += [writer].compactMap(\.self)
        }
      }
      #expect(won.count == 1)
      #expect(try bytes(path) == won)
    }
    #expect(folder.contents.count == 100)
  }

  @Test func theFileThatALinkLeadsToIsReplacedAndTheLinkStays() throws {
    _ = try folder.write([1], to: "real.h5")
    symlink("real.h5", path)
    try stage(path, existing: .replace).commit()
    #expect(try bytes(folder.file("real.h5")) == [7, 7])
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path) == "real.h5")
  }

  @Test func aLinkThatLeadsNowhereIsAFileThatIsThere() throws {
    symlink("nowhere.h5", path)
    let error = #expect(throws: CheckpointError.self) { try stage(path).commit() }
    #expect(error?.code == .fileExists && error?.reason.contains("symbolic link") == true)
    try stage(path, existing: .replace).commit()
    #expect(try bytes(path) == [7, 7])
  }

  @Test(arguments: [false, true])
  func anInputIsReplacedInPlaceOnly(force: Bool) throws {
    _ = try folder.write([1], to: "out.h5")
    _ = try folder.write([2], to: "other.h5")
    let error = #expect(throws: CheckpointError.self) {
      try stage(path, existing: rule(path, force: force)).commit()
    }
    #expect(error?.code == .outputIsInput && error?.advice?.choices == [.replacingInputs])
    #expect(try bytes(path) == [1])
    try stage(path, existing: rule(path, inPlace: true, force: force)).commit()
    #expect(try bytes(path) == [7, 7])
    #expect(folder.contents == ["other.h5", "out.h5"])
  }

  @Test func inPlaceDoesNotReplaceOthers() throws {
    _ = try folder.write([1], to: "in.h5")
    _ = try folder.write([2], to: "out.h5")
    let error = #expect(throws: CheckpointError.self) {
      try stage(path, existing: rule(folder.file("in.h5"), inPlace: true)).commit()
    }
    #expect(error?.code == .fileExists && error?.advice?.choices == [.replacingFiles])
    #expect(try bytes(path) == [2])
  }

  /// Two conversions of one file in place: the second must not replace the result of the first.
  @Test func anInputThatWasReplacedMeanwhileIsNotReplacedAgain() throws {
    _ = try folder.write([1], to: "out.h5")
    let rule = try rule(path, inPlace: true)
    let first = try stage(path, existing: rule)
    let second = try stage(path, existing: rule)
    try first.commit()
    _ = try folder.write([8, 8], to: "new.h5")
    rename(folder.file("new.h5"), path)
    let error = failure(second)
    #expect(error?.code == .fileExists)
    #expect(try bytes(path) == [8, 8] && folder.contents == ["out.h5"])
  }

  /// The file system gives the inode of a file that is gone to a new one: at once, mostly.
  @Test func theIdentityOfAHeldFileIsNotGivenToAnother() throws {
    for round in 0..<20 {
      let old = try folder.write([1], to: "old\(round)")
      let identity = try #require(FileIdentity(old))
      let held = try #require(HeldFile(old))
      unlink(old)
      for index in 0..<20 {
        #expect(FileIdentity(try folder.write([2], to: "\(round)-\(index)")) != identity)
      }
      withExtendedLifetime(held) {}
    }
  }

  /// With leave to replace any other file, an input that takes the name meanwhile is kept.
  @Test func anInputThatTakesTheNameMeanwhileIsNotReplaced() throws {
    _ = try folder.write([1], to: "in.h5")
    let files = try stage(path, existing: rule(folder.file("in.h5"), force: true))
    link(folder.file("in.h5"), path)
    let error = failure(files)
    #expect(error?.code == .outputIsInput)
    #expect(try bytes(path) == [1] && folder.contents == ["in.h5", "out.h5"])
  }

  @Test func whenOneCannotBeNamedAllAreAsTheyWere() throws {
    _ = try folder.write([1], to: "a")
    let files = try stage(folder.file("a"), folder.file("b"), folder.file("c"), existing: .replace)
    mkdir(folder.file("c"), 0o777)
    let error = failure(files)
    #expect(error?.code == .notARegularFile && error?.path == folder.file("c"))
    #expect(folder.contents == ["a", "c"])
    #expect(try bytes(folder.file("a")) == [1])
  }

  @Test func theNewFileHasThePermissionsOfTheOld() throws {
    _ = try folder.write([1], to: "out.h5")
    chmod(path, 0o640)
    try stage(path, existing: .replace).commit()
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.posixPermissions] as? Int == 0o640)
  }

  @Test(arguments: [false, true])
  func aProofReadsTheFinishedFileAndItsErrorLeavesNothing(fails: Bool) throws {
    let seen = Mutex<[UInt8]>([])
    var failure: CheckpointError?
    do throws(CheckpointError) {
      var files = StagedFiles()
      let file = try files.makeFile(path, existing: .refuse)
      try file.write(([5, 6] as [UInt8]).span.bytes, at: 0)
      try files.add(file) { path throws(CheckpointError) in
        let bytes = try MappedFile.open(path).array
        seen.withLock { $0 = bytes }
        if fails { throw CheckpointError(.cannotBeWritten, "not proven") }
      }
      try files.commit()
    } catch {
      failure = error
    }
    #expect(seen.withLock { $0 } == [5, 6] && (failure != nil) == fails)
    #expect(folder.contents == (fails ? [] : ["out.h5"]))
  }

  @Test func aFileThatOthersReplaceIsRemovedWithThem() throws {
    let old = try folder.write([1], to: "old")
    var files = try stage(path)
    try files.remove(old, existing: .replace)
    try files.remove(folder.file("nowhere"), existing: .replace)
    #expect(folder.contents == ["old"])
    try files.commit()
    #expect(folder.contents == ["out.h5"])
  }

  @Test func aFileThatMayNotBeReplacedIsNotRemoved() throws {
    let old = try folder.write([1], to: "old")
    var files = try stage(path)
    var failure: CheckpointError?
    do throws(CheckpointError) { try files.remove(old, existing: .refuse) } catch {
      failure = error
    }
    #expect(failure?.code == .fileExists && failure?.path == old)
    _ = consume files
    #expect(folder.contents == ["old"])
  }

  @Test func progressIsToldOfAllBytesButTheUncounted() throws {
    let total = Atomic(0)
    var files = StagedFiles()
    let file = try files.makeFile(path, existing: .refuse) {
      total.add($0, ordering: .relaxed)
    }
    try file.write(([1, 2, 3] as [UInt8]).span.bytes, at: 2)
    try file.destination.uncounted.write(([9, 9] as [UInt8]).span.bytes, at: 0)
    try files.add(file)
    try files.commit()
    #expect(total.load(ordering: .relaxed) == 3)
    #expect(try bytes(path) == [9, 9, 1, 2, 3])
  }

  /// Each of the ways of file systems that can't do it in one step.
  @Test(arguments: Renaming.Means.allCases)
  func everyWayOfNamingReplacesNothing(means: Renaming.Means) throws {
    let location = OutputLocation(path, .refuse)
    let name = try folder.write([7], to: "temporary")
    #expect(try Renaming.move(name, to: location, by: means))
    #expect(try bytes(path) == [7] && folder.contents == ["out.h5"])
    let second = try folder.write([8], to: "temporary")
    #expect(try !Renaming.move(second, to: location, by: means))
    #expect(try bytes(path) == [7] && bytes(second) == [8])
  }

  @Test(arguments: Renaming.Means.allCases)
  func everyWayOfReplacingKeepsTheOldFileUntilTheEnd(means: Renaming.Means) throws {
    let old = try folder.write([1], to: "out.h5")
    let name = try folder.write([7], to: "temporary")
    let backup = folder.file("backup")
    #expect(
      try Renaming.replace(name, at: OutputLocation(path, .replace), backup: backup, by: means))
    let displaced = means == .exchange ? name : backup
    #expect(try bytes(path) == [7] && bytes(displaced) == [1] && folder.contents.count == 2)
    unlink(displaced)
    // Another that is not to be replaced stays.
    let second = try folder.write([8], to: "temporary")
    let location = OutputLocation(path, try rule(old, force: true))
    let error = #expect(throws: CheckpointError.self) {
      try Renaming.replace(second, at: location, backup: backup, by: means)
    }
    #expect(error?.code == .outputIsInput)
    #expect(try bytes(path) == [7] && bytes(second) == [8] && folder.contents.count == 2)
    unlink(path)
    #expect(try !Renaming.replace(second, at: location, backup: backup, by: means))
    #expect(folder.contents == ["temporary"])
  }
}
