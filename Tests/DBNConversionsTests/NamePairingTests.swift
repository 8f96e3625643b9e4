import DBNCheckpoints
import DBNConversions
import DBNTensors
import DBNTestSupport
import DBNVerification
import Testing

/// Checkpoints of one model under different names, compared.
struct NamePairingTests {
  private static let keras = Fixture("keras-layers/net").file("weights.h5")
  private static let digits = Fixture("torch/digits-standard").file("checkpoint.pth")
  private static let flax = Fixture("npz/flax").file("arrays.npz")

  private let digits: Checkpoint

  init() throws {
    digits = try Checkpoint.open(Self.digits)
  }

  private func wrapped(_ prefix: String) throws -> Checkpoint {
    try Conversion(digits, from: "digits", format: "").converted(
      by: [.renaming(try #require(Substitution("s/^/\(prefix)/")))]
    ).checkpoint
  }

  private func advice(_ a: Checkpoint, _ b: Checkpoint) throws -> String? {
    let error = #expect(throws: CheckpointError.self) {
      try CheckpointVerification().compare(NamePairing().pair(a, b))
    }
    #expect(error?.code == .batchNormsDiffer)
    return error?.advice?.description
  }

  @Test(arguments: [
    (keras, Transformation.kerasNames, "'.kerasNames'"), (flax, .flaxNames, "'.flaxNames'"),
  ])
  func otherLibrariesNamesPairWithPyTorchs(
    path: String, transformation: Transformation, name: String
  ) throws {
    let file = try Checkpoint.open(path)
    let conversion = try Conversion(opening: path).converted(by: [transformation])
    let distributed = try Conversion(conversion.checkpoint, from: path, format: "")
      .toDistributed(worldSize: 4)
    let pairing = NamePairing([transformation])
    for other in [conversion.checkpoint, distributed.checkpoint] {
      #expect(try advice(file, other)?.hasSuffix("compare them with \(name)") == true)
      for (a, b, which) in [(file, other, "first"), (other, file, "second")] {
        let pair = try pairing.pair(a, b)
        let result = try CheckpointVerification().compare(pair)
        #expect(result.isBitIdentical && !result.layers.isEmpty, "\(result.text())")
        #expect(pair.notes.first?.description.hasPrefix("names in the \(which) were") == true)
        #expect(pair.notes.filter { $0.description.hasPrefix("names in the") }.count == 1)
      }
    }
  }

  @Test func `no note says how to make a model that is there`() throws {
    let path = Fixture("keras-batch-norms").file("four.keras")
    let converted = try Conversion(opening: path).converted(by: [.kerasNames])
    #expect(converted.notes.contains { $0.choices.contains(.completingBatchNorms) })
    let pair = try NamePairing([.kerasNames]).pair(Checkpoint.open(path), converted.checkpoint)
    #expect(!pair.notes.contains { $0.choices.contains(.completingBatchNorms) })
  }

  @Test(arguments: ["module.", "_orig_mod.module."])
  func aWrappedModelPairsWithTheBareOne(prefix: String) throws {
    let wrapped = try wrapped(prefix)
    #expect(try advice(digits, wrapped)?.contains("'.strippingPrefix(\"\(prefix)\")'") == true)
    #expect(try advice(wrapped, digits)?.contains("'.strippingPrefix(\"\(prefix)\")'") == true)
    let pairing = NamePairing([.strippingPrefix(prefix)])
    let result = try CheckpointVerification().compare(pairing.pair(digits, wrapped))
    #expect(result.isBitIdentical)
    #expect(result.notes.map(\.description).contains { $0.contains("in the second were changed") })
    // Both have the prefix: both lose it.
    let both = try pairing.pair(wrapped, wrapped)
    #expect(try both.a.stateDict().names == digits.stateDict().names)
    #expect(both.notes.count == 2)
  }

  @Test func differentNumbersUnderPairedNamesAreFound() throws {
    let (entry, found) = try digits.findStateDict()
    var stateDict = found
    var values = try #require(stateDict["bn2.running_var"]).doubles()
    values[1] += 0.5
    stateDict["bn2.running_var"] = try Tensor(
      rounding: values, to: .float32, shape: [values.count])
    let changed = digits.replacingStateDict(at: entry, with: stateDict)
    let pairing = NamePairing([.strippingPrefix("module.")])
    let result = try CheckpointVerification().compare(pairing.pair(wrapped("module."), changed))
    #expect(!result.isEqual && result.firstDivergence?.name == "bn2")
  }

  @Test func aProgramsEpsilonIsKeptAndItsLossIsNoted() throws {
    let program = try Checkpoint.open(Fixture("torch/digits-shards").file("model.pt2"))
    let renaming = Transformation.renaming(try #require(Substitution("s/^bn/norm/")))
    let pair = try NamePairing([renaming]).pair(program, program)
    #expect(pair.a.graph == nil)
    #expect(pair.a.batchNormSettings["norm1"]?.epsilon == 1e-5)
    #expect(pair.notes.map(\.description).contains { $0.contains("the program is not used") })
  }

  @Test func aChangeOfNamesThatChangesNoneIsAnError() throws {
    let error = #expect(throws: CheckpointError.self) {
      try NamePairing([.strippingPrefix("model.")]).pair(digits, digits)
    }
    #expect(error?.code == .nothingRenamed)
    #expect(error?.reason == "removing the prefix 'model.' changes no name in either checkpoint")
    #expect(throws: CheckpointError.self) {
      try NamePairing([.kerasNames]).pair(digits, digits)
    }
  }

  @Test func namesOfWhichSomePairGetNoAdvice() throws {
    let (entry, found) = try digits.findStateDict()
    var fewer = found
    for name in found.names where name.hasPrefix("bn1.") { fewer[name] = nil }
    let error = #expect(throws: CheckpointError.self) {
      try CheckpointVerification().compare(
        NamePairing().pair(digits, digits.replacingStateDict(at: entry, with: fewer)))
    }
    #expect(error?.name == "bn1" && error?.advice == "compare two checkpoints of the same model")
  }
}
