import DBNCheckpoints
import DBNTensors
import DBNTestSupport
import Testing

/// The names in the pickles of files: what can't be looked through is said.
struct PickledNamesOfFilesTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test func whatCannotBeOpenedIsSaid() throws {
    let names = Checkpoint.pickledNames(at: folder.file("missing.pth"))
    #expect(names.names.isEmpty && names.stop?.contains("no such file") == true, "\(names)")
  }

  @Test func whatCannotBeDecompressedIsSaid() throws {
    let header: [UInt8] = [0x1F, 0x8B, 8] + [UInt8](repeating: 0, count: 20)
    let names = Checkpoint.pickledNames(at: try folder.write(header, to: "cut.pth.gz"))
    #expect(names.names.isEmpty && names.stop != nil)
  }

  @Test func aFileWithoutPicklesHasNone() throws {
    let names = Checkpoint.pickledNames(at: try folder.write([1, 2, 3], to: "numbers"))
    #expect(names.names.isEmpty && names.stop == nil)
  }
}
