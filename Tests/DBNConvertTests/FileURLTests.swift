import DBNConvert
import DBNTestSupport
import Foundation
import Testing

struct FileURLTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test func filesAreNamedByURLsAsWellAsByPaths() throws {
    let input = URL(filePath: Fixture("torch/digits-standard").file("checkpoint.pth"))
    let output = URL(filePath: folder.file("with a space.h5"))
    try Conversion(opening: input).toDistributed(worldSize: 2).write(to: output, proof: .outputs())
    let written = try Checkpoint.open(output)
    #expect(written.path == output.path && written.format == "hdf5")
    let refused = #expect(throws: CheckpointError.self) { try written.write(to: output) }
    #expect(refused?.code == .fileExists)
  }

  @Test func aURLThatIsNoFilesIsAnError() throws {
    let url = try #require(URL(string: "https://example.org/model.pth"))
    let error = #expect(throws: CheckpointError.self) { try Checkpoint.open(url) }
    #expect(error?.code == .notARegularFile && error?.path == url.absoluteString)
  }
}
