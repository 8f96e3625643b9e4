import DBNCheckpointFormats
import DBNTensors
import DBNTestSupport
import Foundation
import Testing

@testable import DBNHDF5

/// What a layer of Keras is: by the configuration of its model, by the names that Keras gives, or by
/// types and shapes that leave no other reading. Everything else stays as it is.
struct KerasLayerTests {
  private static let fixtures = Fixture.all("keras-layers")

  private typealias Converted = (
    stateDict: StateDict, report: ConversionReport, settings: BatchNormSettingsTable
  )

  private func checkpoint(_ fixture: Fixture) throws -> Checkpoint {
    try HDF5Checkpoint.read(fixture.file("weights.h5"))
  }

  private func converted(_ checkpoint: Checkpoint) throws -> Converted {
    let stateDict = try #require(checkpoint.root.dictionary.flatMap { StateDict($0) })
    return try KerasNames.converting(stateDict, checkpoint.batchNormSettings)
  }

  @Test func everyFixtureIsTried() {
    #expect(
      Self.fixtures.map(\.name)
        == ["classes", "classes-weights", "int8", "nested", "net", "split", "subclassed"].map {
          "keras-layers/\($0)"
        })
  }

  @Test(arguments: fixtures)
  func weightsComeInTheOrderOfTheLayers(fixture: Fixture) throws {
    #expect(try KerasHDF5Format().probe(SourceFile(fixture.file("weights.h5"))) != nil)
    let stateDict = try checkpoint(fixture).root.dictionary.flatMap { StateDict($0) }
    #expect(try Expectation.tensors(#require(stateDict)) == fixture.expected["tensors"])
  }

  @Test(arguments: fixtures)
  func layersOfKnownClassesGetTheNamesAndAxesOfPyTorch(fixture: Fixture) throws {
    let converted = try converted(checkpoint(fixture))
    let rows = try #require(fixture.expected["pytorch"]?.array)
    var expected = StateDict()
    for name in rows.compactMap({ $0["name"]?.string }) {
      expected[name] = converted.stateDict[name]
    }
    #expect(try Expectation.tensors(expected).array == rows)
    // Nothing else is converted, but for counters.
    let others = converted.stateDict.names.filter { expected[$0] == nil }
    let skipped = Set(converted.report.skipped.map(\.name))
    #expect(others.allSatisfy { skipped.contains($0) || $0.hasSuffix(".num_batches_tracked") })
  }

  @Test(arguments: fixtures)
  func everyOtherWeightIsLeftAloneAndNamed(fixture: Fixture) throws {
    let source = try checkpoint(fixture)
    let converted = try converted(source)
    let skipped = converted.report.skipped.filter { !$0.name.hasPrefix("optimizer") }
    #expect(
      JSON.array(skipped.map { .string($0.name) }) == (try fixture.expected["left_alone"] ?? []))
    #expect(skipped.allSatisfy { !$0.reason.isEmpty })
    for name in skipped.map(\.name) {
      let (old, new) = (source.root.dictionary?[name]?.tensor, converted.stateDict[name])
      #expect(old != nil && old?.shape == new?.shape && old?.storage === new?.storage)
    }
  }

  @Test(arguments: fixtures)
  func epsilonAndMomentumAreThoseOfTheConfiguration(fixture: Fixture) throws {
    let converted = try converted(checkpoint(fixture))
    let expected = try #require(fixture.expected["settings"]?.members)
    let found = converted.settings.entries.map { name, settings in
      JSON.Member(
        name,
        [.double(settings.epsilon ?? .nan), .double(settings.momentum?.value ?? .nan)])
    }
    #expect(found == expected)
    // The names that the file has: those of the keys, without the variables' own.
    let names = try #require(checkpoint(fixture).root.dictionary).entries.map(\.key.description)
    for (name, _) in try checkpoint(fixture).batchNormSettings.entries {
      #expect(names.contains("\(name).moving_mean"))
    }
  }

  @Test func aFileThatDoesNotSayEpsilonIsNoted() throws {
    let notes = try checkpoint(Fixture("keras-layers/classes-weights")).notes
    #expect(notes.contains { $0.contains("epsilon of 2 BatchNorms") && $0.contains("0.001") })
    let other = try checkpoint(Fixture("keras-layers/net")).notes
    #expect(!other.contains { $0.contains("epsilon") })
    let without = try checkpoint(Fixture("keras-layers/int8")).notes
    #expect(!without.contains { $0.contains("epsilon") })
  }

  @Test func otherNormalisationsAndFlattenedImagesAreNoted() throws {
    let classes = try converted(checkpoint(Fixture("keras-layers/classes"))).report.notes
      .map(\.description)
    #expect(classes.contains { $0.hasPrefix("1 LayerNorm has epsilon 0.001") })
    #expect(classes.contains { $0.hasPrefix("1 GroupNorm has epsilon 0.001") })
    #expect(classes.contains { $0.hasPrefix("2 BatchNorms have a weight or a bias but not both") })
    let nested = try converted(checkpoint(Fixture("keras-layers/nested"))).report.notes
    #expect(nested.contains { $0.contains("'head' follows 'flat'") && $0.contains("permute") })
    let net = try converted(checkpoint(Fixture("keras-layers/net"))).report.notes
    #expect(net.isEmpty)
  }

  @Test func normsWithAWeightOrABiasAreNotedByKind() throws {
    let notes = try notes([
      ("layer_normalization.beta", [4]), ("layer_normalization_1.gamma", [4]),
      ("group_normalization.gamma", [4]), ("group_normalization_1.beta", [4]),
    ]).filter { $0.contains("but not both") }
    #expect(notes.count == 2)
    #expect(notes[0].hasPrefix("1 LayerNorm has a weight or a bias but not both ('layer_norm"))
    #expect(
      notes[1].hasPrefix("2 GroupNorms have a weight or a bias") && notes[1].contains("no bias"))
  }

  private func notes(
    _ variables: [(String, [Int])], configuration: String? = nil, names: [String] = []
  ) throws -> [String] {
    var stateDict = StateDict()
    for (name, shape) in variables { stateDict[name] = try Sample.tensor(.float32, shape) }
    var dictionary = stateDict.dictionary
    if let configuration {
      dictionary.attributes.append((KerasConfiguration.attribute, .string(configuration)))
    }
    var facts = CheckpointDictionary()
    for name in names { facts.set(.string("layers.\(name)"), to: .string(name)) }
    if !names.isEmpty {
      dictionary.attributes.append((KerasFacts.namesAttribute, .dictionary(facts)))
    }
    return try KerasNames.converting(#require(StateDict(dictionary))).report.notes
      .map(\.description)
  }

  /// PyTorch's default is another for each, and Keras' too.
  @Test(arguments: [
    ("RMSNormalization", "r.scale", "1 RMSNorm has epsilon 0.5"),
    ("LayerNormalization", "r.gamma", "1 LayerNorm has epsilon 0.5"),
    ("GroupNormalization", "r.gamma", "1 GroupNorm has epsilon 0.5"),
  ])
  func epsilonOfEveryNormalisationIsNoted(className: String, key: String, words: String) throws {
    let text = { (members: String) in
      #"{"class_name": "Sequential", "config": {"name": "m", "layers": [{"class_name": "\#(className)", "config": {"name": "r"\#(members)}}]}}"#
    }
    let known = try notes([(key, [4])], configuration: text(#", "epsilon": 0.5"#))
      .filter { $0.contains("epsilon") }
    #expect(known.count == 1 && known[0].hasPrefix(words) && known[0].hasSuffix("eps=0.5"))
    let unknown = try notes([(key, [4])], configuration: text(""))
      .filter { $0.contains("epsilon") }
    #expect(unknown.count == 1 && unknown[0].hasPrefix("the file does not say the epsilon of 1 "))
  }

  @Test func epsilonThatNoConfigurationSaysIsNoted() throws {
    let notes = try notes([
      ("layers.layer_normalization.vars.0", [6]), ("layers.layer_normalization.vars.1", [6]),
      ("layers.group_normalization.vars.0", [6]), ("layers.group_normalization.vars.1", [6]),
      ("layers.rms_normalization.vars.0", [6]),
    ])
    #expect(notes.count == 3)
    for (module, keras) in [("LayerNorm", "0.001"), ("GroupNorm", "0.001"), ("RMSNorm", "1e-06")] {
      #expect(
        notes.contains {
          $0.contains("does not say the epsilon of 1 \(module)") && $0.contains("eps=\(keras)")
        })
    }
  }

  @Test func layersThatFlattenAreNotedWithoutAConfiguration() throws {
    let weights = [("layers.dense.vars.0", [8, 2]), ("layers.dense.vars.1", [2])]
    #expect(try notes(weights).isEmpty)
    let notes = try notes(weights, names: ["flatten", "reshape_1"])
    #expect(notes.count == 1)
    let note = try #require(notes.first)
    #expect(note.hasPrefix("2 layers flatten or reshape ('layers.flatten')"))
    #expect(note.contains("if their input has channels") && note.contains("(0, 2, 3, 1)"))
    #expect(note.contains("x.reshape(-1, h, w, c).permute(0, 3, 1, 2)"))
  }

  /// As they are when a `.keras` archive was unpacked.
  @Test func theConfigurationBesideTheWeightsSaysWhatNumbersCant() throws {
    let fixture = Fixture("keras-layers/classes-weights")
    let folder = try TemporaryFolder()
    for (source, name) in [("weights.h5", "model.weights.h5"), ("config.json", "config.json")] {
      try Data(fixture.bytes(source)).write(to: URL(filePath: folder.file(name)))
    }
    let checkpoint = try HDF5Checkpoint.read(folder.file("model.weights.h5"))
    #expect(checkpoint.notes.contains { $0.contains("config.json, next to the file") })
    #expect(!checkpoint.notes.contains { $0.contains("epsilon") })
    let converted = try converted(checkpoint)
    #expect(
      converted.settings["batch_normalization"]
        == .init(epsilon: 0.01, momentum: .exponential(0.1)))
    #expect(
      converted.settings["batch_normalization_1"]
        == .init(epsilon: 0.001, momentum: .exponential(0.01)))
    #expect(converted.stateDict["batch_normalization.bias"] != nil)
    #expect(converted.stateDict["batch_normalization.weight"] == nil)
    #expect(converted.stateDict["batch_normalization_1.weight"] != nil)
    // The same file under another name is one without a configuration.
    let other = folder.file("other.weights.h5")
    try Data(fixture.bytes("weights.h5")).write(to: URL(filePath: other))
    #expect(try HDF5Checkpoint.read(other).batchNormSettings.isEmpty)
    // A document of another kind is not one of Keras.
    try Data(#"{"model_type": "bert"}"#.utf8).write(to: URL(filePath: folder.file("config.json")))
    let foreign = try HDF5Checkpoint.read(folder.file("model.weights.h5"))
    #expect(foreign.batchNormSettings.isEmpty)
    #expect(foreign.notes.contains { $0.contains("config.json") && $0.contains("can't be read") })
  }

  @Test func aDamagedConfigurationIsANote() throws {
    let fixture = Fixture("keras-layers/net")
    var bytes = Data(try fixture.bytes("weights.h5"))
    let start = try #require(bytes.range(of: Data(#"{"class_name": "Functional""#.utf8)))
    bytes[start.lowerBound] = UInt8(ascii: "[")
    let folder = try TemporaryFolder()
    try bytes.write(to: URL(filePath: folder.file("weights.h5")))
    let checkpoint = try HDF5Checkpoint.read(folder.file("weights.h5"))
    #expect(
      checkpoint.notes.contains { $0.contains("model_config") && $0.contains("can't be read") })
    #expect(checkpoint.notes.contains { $0.contains("epsilon of 2 BatchNorms") })
    #expect(checkpoint.batchNormSettings.isEmpty)
    // The BatchNorms and the dense layer are told by their variables; kernels without a bias are not.
    let skipped = try converted(checkpoint).report.skipped.map(\.name)
    #expect(skipped == ["model_weights.conv1.conv1.kernel", "model_weights.dw.dw.kernel"])
  }

  /// A class that a user has made of BatchNormalization is found by its variables, in a file that
  /// names them and in one that numbers them.
  @Test(arguments: [
    ("bn", ["gamma", "beta", "moving_mean", "moving_variance"]),
    ("layers.bn", ["vars.0", "vars.1", "vars.2", "vars.3"]),
  ])
  func epsilonOfAUsersBatchNormIsKept(key: String, variables: [String]) throws {
    for (members, epsilon) in [(#", "epsilon": 0.25, "momentum": 0.75"#, 0.25), ("", nil)] {
      let configuration =
        #"{"class_name": "Sequential", "config": {"name": "m", "layers": [{"class_name": "mine>BN", "config": {"name": "bn"\#(members)}}]}}"#
      var stateDict = StateDict()
      for name in variables { stateDict["\(key).\(name)"] = try Sample.tensor(.float32, [4]) }
      var dictionary = stateDict.dictionary
      dictionary.attributes.append(
        (name: KerasConfiguration.attribute, value: .string(configuration)))
      let settings = KerasSettings(try #require(StateDict(dictionary)))
      #expect(settings.table[key]?.epsilon == epsilon)
      #expect(settings.notes.count == (epsilon == nil ? 1 : 0))
    }
  }

  /// Variables with types and shapes, and what becomes of them; nil: nothing.
  private static let layers: [(String, [(String, ScalarType, [Int])], [String]?)] = [
    ("a", [("kernel", .float32, [8, 2, 4]), ("bias", .float32, [2, 4])], nil),
    ("a", [("kernel", .float32, [2, 4, 8]), ("bias", .float32, [8])], nil),
    ("conv1d", [("kernel", .float32, [2, 4, 8]), ("bias", .float32, [8])], ["weight", "bias"]),
    ("attention_output", [("kernel", .float32, [2, 4, 8]), ("bias", .float32, [8])], nil),
    ("a", [("kernel", .float32, [4, 8])], nil),
    ("a", [("kernel", .float32, [4, 8]), ("bias", .float32, [8])], ["weight", "bias"]),
    ("a", [("kernel", .float32, [4, 8]), ("bias", .float32, [4])], nil),
    ("a", [("kernel", .float32, [4, 8]), ("bias", .float16, [8])], nil),
    ("dense", [("kernel", .int8, [4, 8]), ("kernel_scale", .float32, [8])], nil),
    ("dense", [("kernel", .int8, [4, 8]), ("bias", .float32, [8])], nil),
    ("dense", [("kernel", .int8, [4, 8])], nil),
    ("dense", [("kernel", .float32, [4, 8, 2]), ("bias", .float32, [2])], nil),
    ("p_re_lu", [("alpha", .float32, [1, 1, 4])], nil),
    ("a", [("alpha", .float32, [1, 1, 4])], nil),
    (
      "lstm", [("kernel", .float32, [4, 8]), ("recurrent_kernel", .float32, [2, 8])],
      ["weight_ih_l0", "weight_hh_l0"]
    ),
    ("lstm", [("kernel", .float32, [4, 8]), ("recurrent_kernel", .float32, [4, 8])], nil),
    ("simple_rnn", [("kernel", .float32, [4, 2]), ("recurrent_kernel", .float32, [2, 2])], nil),
    (
      "conv", [("conv_W", .float32, [3, 3, 2, 5]), ("conv_b", .float32, [5])], ["weight", "bias"]
    ),
    ("conv", [("conv_W", .float32, [5, 2, 3, 3]), ("conv_b", .float32, [5])], nil),
    ("fc", [("fc_W", .float32, [4, 8]), ("fc_b:0", .float32, [8])], ["weight", "bias"]),
    ("a", [("gamma", .float32, [3, 4]), ("beta", .float32, [3, 4])], nil),
    ("a", [("depthwise_kernel", .float32, [3, 3, 4, 2])], ["weight"]),
    ("a", [("depthwise_kernel", .float32, [0, 1 << 40, 1 << 40])], nil),
    ("depthwise_conv2d", [("kernel", .float32, [3, 3, 4, 1]), ("kernel:0", .float32, [3])], nil),
    ("conv2d", [("kernel", .float32, [3, 3, 4, 2]), ("bias", .float32, [8])], nil),
  ]

  @Test(arguments: layers)
  func aRoleIsGivenOnlyWhereThereIsNoOtherReading(
    layer: String, variables: [(String, ScalarType, [Int])], roles: [String]?
  ) throws {
    var stateDict = StateDict()
    for (role, type, shape) in variables {
      stateDict["\(layer).\(role)"] = try Sample.tensor(type, shape)
    }
    let (converted, report) = try KerasNames.converting(stateDict)
    #expect(converted.names == (roles?.map { "\(layer).\($0)" } ?? stateDict.names))
    #expect(report.skipped.map(\.name) == (roles == nil ? stateDict.names : []))
    for (name, tensor) in stateDict.tensors where roles == nil {
      #expect(converted[name]?.shape == tensor.shape)
    }
  }
}
