import Tensors
import TestSupport
import Testing
import Torch

/// The contract of all formats.
struct ContractTests {
  @Test(arguments: FormatContract.rules)
  func theContractHolds(rule: FormatContract.Rule) throws {
    try rule.check(
      FormatContract(
        fileName: "model.pth", read: { try TorchCheckpoint.read(MappedFile.open($0)) },
        write: { try TorchCheckpoint.write($0, to: $1, options: WritingOptions(existing: $2)) },
        // A plain dict of Python has no attributes.
        holds: { $0.dictionary?.kind != .dict || $0.dictionary?.attributes.isEmpty == true }))
  }
}
