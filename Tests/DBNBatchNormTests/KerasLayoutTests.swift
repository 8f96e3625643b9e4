import DBNBatchNorm
import DBNTensors
import DBNTestSupport
import Testing

/// Layouts whose keys are numbers.
struct KerasLayoutTests {
  /// Modules with their variables' shapes, and what they are taken for; nil: no BatchNorm.
  private static let modules: [(name: String, shapes: [[Int]], layout: String?)] = [
    ("batch_normalization", [[4], [4], [4], [4]], "keras-vars"),
    // A subclassed model calls its layers what it likes.
    ("encoder.bn", [[4], [4], [4], [4]], "keras-vars"),
    ("batch_normalization", [[4], [4]], "keras-vars-bare"),
    ("layers.batch_normalization_12", [[4], [4]], "keras-vars-bare"),
    ("layer_normalization", [[4], [4]], nil),
    ("batch_normalization_head", [[4], [4]], nil),
    ("batch_normalizations", [[4], [4]], nil),
    ("five", [[4], [4], [4], [4], [4]], nil),
    ("optimizer", [[], [], [4], [4]], nil),
    ("conv2d", [[3, 3, 4, 4], [4]], nil),
    ("mixed", [[4], [4], [4], [5]], nil),
  ]

  private func stateDict(_ name: String, _ shapes: [[Int]]) throws -> StateDict {
    var stateDict = StateDict()
    for (index, shape) in shapes.enumerated() {
      let count = shape.reduce(1, *)
      stateDict["\(name).vars.\(index)"] = try .float32(
        (0..<count).map { Double(index * 100 + $0 + 1) }, shape)
    }
    return stateDict
  }

  @Test(arguments: modules)
  func modulesAreToldByTheirNumberOfVectorsAndName(
    name: String, shapes: [[Int]], layout: String?
  ) throws {
    let survey = BatchNormSurvey(try stateDict(name, shapes))
    #expect(survey.sites.map(\.layout.name) == (layout.map { [$0] } ?? []))
    #expect(survey.sites.allSatisfy { $0.name == name && $0.features == 4 })
    #expect(survey.unrecognised.isEmpty)
  }

  @Test func twoVectorsUnderANameThatSaysNothingAreSaid() throws {
    let two = try stateDict("encoder.bare", [[2], [2]])
    let survey = BatchNormSurvey(two)
    #expect(survey.sites.isEmpty && survey.unrecognised.isEmpty)
    #expect(survey.ambiguities.count == 1 && survey.ambiguities[0].contains("'encoder.bare'"))
    let bare = try #require(BatchNormLayout.named("keras-vars-bare"))
    let standard = try two.toStandard(reading: .init(bare)).stateDict
    #expect(try standard["encoder.bare.running_var"]?.doubles() == [101, 102])
    let known = try stateDict("layer_normalization_2", [[2], [2]])
    #expect(BatchNormSurvey(known).ambiguities.isEmpty)
  }

  @Test(arguments: [
    ("keras-vars-scale", BatchNormQuantity.weight), ("keras-vars-center", .bias),
  ])
  func oneOfScaleAndCenterIsForAPersonToSay(layout: String, quantity: BatchNormQuantity) throws {
    let three = try stateDict("bn", [[2], [2], [2]])
    let survey = BatchNormSurvey(three)
    #expect(survey.sites.isEmpty && survey.unrecognised.map(\.name) == ["bn"])
    let advice = try #require(survey.unrecognised.first?.advice)
    #expect(advice.choices == [.sourceLayout("keras-vars-scale or keras-vars-center")])
    let refused = #expect(throws: CheckpointError.self) { try three.toStandard() }
    #expect(refused?.advice?.choices == advice.choices + [.excluding])
    let known = try #require(BatchNormLayout.named(layout))
    let standard = try three.toStandard(reading: .init(known)).stateDict
    #expect(try standard["bn.\(quantity.rawValue)"]?.doubles() == [1, 2])
    #expect(try standard["bn.running_var"]?.doubles() == [201, 202])
    #expect(standard.names.count == 4 && standard["bn.num_batches_tracked"] != nil)
    // Which numbers a BatchNorm's variables have depends on which it has.
    let back = try standard.converting(to: .kerasVariables).stateDict
    #expect(back.names == three.names)
  }

  @Test func whatALayoutHasNoPlaceForIsNotDropped() throws {
    let counted = try StateDict.batchNorm(means: [[1, 2]], variances: [[3, 4]], counters: [7])
    let keras = try counted.converting(to: .keras)
    #expect(keras.report.losses.map(\.name) == ["bn"])
    #expect(keras.report.losses.first?.reason.contains("counter") == true)
    let plain = try BatchNormLayout(
      parsing: JSON(
        parsing: #"{"name": "plain", "running_mean": "mean", "running_var": "variance"}"#))
    let error = #expect(throws: CheckpointError.self) { try counted.converting(to: plain) }
    #expect(error?.code == .unexpectedLayout && error?.reason.contains("weight") == true)
  }

  @Test func devicesStartToCountWhereNothingWasCounted() throws {
    let keras = try stateDict("bn", [[2], [2], [2], [2]])
    let replicated = try keras.toDistributed(worldSize: 3).stateDict
    #expect(try replicated["bn.num_batches_tracked"]?.integers() == [0, 0, 0])
    #expect(try replicated.converting(to: .kerasVariables).stateDict.names == keras.names)
  }
}
