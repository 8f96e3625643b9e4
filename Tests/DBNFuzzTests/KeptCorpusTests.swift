import DBNFuzzTargets
import DBNTensors
import DBNZip
import Foundation
import Testing

/// What fuzzing kept has the outcome that it had then: no crash, no loss, the same error.
///
/// A wanted change of an outcome: `make fuzz-keep`.
struct KeptCorpusTests {
  private static let folder = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fuzzing/Corpus")

  /// That of libhdf5 is HDF5's.
  @Test(arguments: FuzzTarget.all.map(\.name).filter { $0 != "libhdf5" })
  func outcomesAreThoseThatWereKept(name: String) throws {
    let target = try #require(FuzzTarget.all.first { $0.name == name })
    let archive = try ZipArchive(
      MappedFile.open(Self.folder.appending(path: "\(name).zip").path))
    #expect(archive.entries.count > 10)
    for entry in archive.entries {
      let outcome = try target.outcome(of: entry.content().array)
      #expect(entry.name.hasPrefix("\(outcome)/"), "\(entry.name) is now \(outcome)")
    }
  }
}
