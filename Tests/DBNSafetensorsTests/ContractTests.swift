import DBNCheckpointFormatContract
import DBNCheckpointFormats
import DBNSafetensors
import DBNTensors
import DBNTestSupport
import Testing

/// The contract of all formats.
struct ContractTests {
  static let contract = FormatContract(
    of: SafetensorsFormat(),
    holds: { value in
      guard let tensor = value.tensor else { return true }
      switch tensor.scalarType {
      case .complex32, .bcomplex32, .complex128, .bits8, .bits16, .bits1x8, .bits2x4, .bits4x2:
        return false
      case .float4E2M1FNx2: return !tensor.shape.isEmpty
      default: return true
      }
    })

  @Test(arguments: FormatContract.rules)
  func theContractHolds(rule: FormatContract.Rule) throws {
    try rule.check(Self.contract)
  }
}
