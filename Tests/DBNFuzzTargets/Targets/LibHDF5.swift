import DBNCHDF5
import DBNCheckpointFormats
import DBNHDF5
import DBNTensors
import DBNTestSupport

extension FuzzTarget {
  /// The parser of HDF5 against libhdf5: where both read a dataset of numbers, its bytes are the same.
  /// What only one of them reads is an outcome, and so is a crash of libhdf5.
  static let libhdf5 = FuzzTarget("libhdf5") { bytes in
    let path = try FuzzFolder.shared.write(bytes.array, to: "libhdf5")
    let ours: [String: Tensor]
    do {
      ours = try numbers(in: bytes)
    } catch {
      let status = try ForkedProcess.status { LibraryReader.count(path) == 0 ? 1 : 0 }
      throw outcome(libhdf5: status, [0: "only-libhdf5", 1: "neither"])
    }
    let status = try ForkedProcess.status { LibraryReader.compare(path, with: ours) }
    guard status != LibraryReader.differs else {
      throw Finding("libhdf5 reads something else, which is printed above")
    }
    if status != 0 { throw outcome(libhdf5: status, [1: "only-here"]) }
  }

  private static func outcome(libhdf5 status: Int32, _ names: [Int32: String]) -> CheckpointError {
    CheckpointError(.init(names[status] ?? "libhdf5-crash"), "libhdf5 ends with \(status)")
  }

  /// The tensors by their paths, with dots.
  private static func numbers(in bytes: ByteRegion) throws(CheckpointError) -> [String: Tensor] {
    let file = SourceFile(bytes)
    guard let read = try HDF5Format().readIfRecognised(file, options: ReadingOptions()) else {
      throw CheckpointError(.unknownFormat, "is no HDF5 file")
    }
    var tensors: [String: Tensor] = [:]
    for (path, value) in read.root.leaves {
      guard let tensor = value.tensor, tensor.byteCount <= byteLimit else { continue }
      tensors[path.keys.map(\.description).joined(separator: ".")] = tensor
    }
    return tensors
  }
}
