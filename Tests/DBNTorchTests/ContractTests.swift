import DBNCheckpointFormatContract
import DBNCheckpointFormats
import DBNTensors
import DBNTestSupport
import DBNTorch
import Testing

/// The contract of all formats.
struct ContractTests {
  @Test(arguments: FormatContract.rules)
  func theContractHolds(rule: FormatContract.Rule) throws {
    try rule.check(
      FormatContract(
        of: TorchZipFormat(),
        // A plain dict of Python has no attributes.
        holds: { $0.dictionary?.kind != .dict || $0.dictionary?.attributes.isEmpty == true }))
  }
}
