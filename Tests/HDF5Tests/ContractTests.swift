import HDF5
import TestSupport
import Tensors
import Testing

/// The contract of all formats, plain and compressed.
struct ContractTests {
  @Test(arguments: FormatContract.rules, [nil, WritingOptions.Compression.gzip(level: 4)])
  func theContractHolds(
    rule: FormatContract.Rule, compression: WritingOptions.Compression?
  ) throws {
    try rule.check(
      FormatContract(
        fileName: "model.h5", read: { try HDF5Checkpoint.read($0) },
        write: {
          try HDF5Checkpoint.write(
            $0, to: $1, options: WritingOptions(existing: $2, compression: compression))
        }))
  }
}
