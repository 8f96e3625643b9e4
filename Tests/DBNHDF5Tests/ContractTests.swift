import DBNCheckpointFormatContract
import DBNCheckpointFormats
import DBNHDF5
import DBNTensors
import DBNTestSupport
import Testing

/// The contract of all formats, plain and compressed.
struct ContractTests {
  @Test(arguments: FormatContract.rules, [nil, WritingOptions.Compression.gzip(level: 4)])
  func theContractHolds(
    rule: FormatContract.Rule, compression: WritingOptions.Compression?
  ) throws {
    try rule.check(
      FormatContract(
        of: HDF5Format(), options: WritingOptions(compression: compression)))
  }
}
