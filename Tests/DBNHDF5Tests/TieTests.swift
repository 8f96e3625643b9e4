import DBNCheckpointFormats
import DBNHDF5
import DBNTensors
import DBNTestSupport
import Testing

/// Tied tensors, and what each name says of itself.
struct TieTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func written(_ root: CheckpointValue) throws -> CheckpointValue {
    let path = folder.file("checkpoint.h5")
    try HDF5Format().write(Checkpoint(root: root), to: path)
    return try HDF5Checkpoint.read(path).root
  }

  @Test func tiedNamesKeepDifferentKinds() throws {
    let plain = try Sample.tensor()
    var parameter = plain
    parameter.kind = .parameter
    parameter.requiresGrad = true
    var frozen = parameter
    frozen.requiresGrad = false
    let tensors = [plain, parameter, frozen, plain].map { CheckpointValue.tensor($0) }
    let root = Sample.mapping([
      (.string("a/b"), tensors[1]), (.string("b"), tensors[0]), (.string("c%"), tensors[2]),
      (.string("list"), .list(tensors)),
    ])
    let read = try written(root)
    #expect(try Expectation.tree(read) == Expectation.tree(root))
    let first = try #require(read.dictionary?["a/b"]?.tensor)
    #expect(read.dictionary?["c%"]?.tensor?.isTied(to: first) == true)
  }
}
