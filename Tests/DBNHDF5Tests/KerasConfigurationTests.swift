import DBNTensors
import Testing

@testable import DBNHDF5

/// The JSON that says what the layers of a Keras model are.
struct KerasConfigurationTests {
  private func layer(_ path: [String], _ text: String) throws -> KerasConfiguration.Layer? {
    try KerasConfiguration(parsing: text).layer(at: path)?.layer
  }

  /// A model around these layers.
  private func model(_ layers: String) -> String {
    #"{"config": {"name": "m", "layers": [\#(layers)]}, "class_name": "Sequential"}"#
  }

  @Test func layersOfKeras1AreAList() throws {
    let found = try layer(
      ["bn"],
      #"{"class_name": "Sequential", "config": [{"class_name": "BatchNormalization", "config": {"name": "bn", "epsilon": 0.002, "momentum": 0.9}}]}"#
    )
    #expect(found?.className == "BatchNormalization")
    #expect(found?.epsilon == 0.002 && found?.momentum == 0.9)
  }

  @Test func membersMayComeInAnyOrder() throws {
    let found = try layer(
      ["bn"],
      model(#"{"config": {"epsilon": 1, "name": "bn"}, "class_name": "BatchNormalization"}"#))
    #expect(found?.className == "BatchNormalization" && found?.epsilon == 1)
  }

  @Test func aWrapperStandsForWhatItWraps() throws {
    let text = model(
      #"{"class_name": "TimeDistributed", "config": {"name": "td", "layer": {"class_name": "BatchNormalization", "config": {"name": "bn", "epsilon": 0.1}}}}"#
    )
    #expect(try layer(["td"], text)?.className == "BatchNormalization")
    #expect(try layer(["td", "bn"], text)?.epsilon == 0.1)
    #expect(try layer(["bn"], text) == nil)
  }

  @Test func namesMayHaveDotsAndSlashes() throws {
    let text = model(
      #"{"class_name": "Dense", "config": {"name": "a/b"}}, {"class_name": "Conv2D", "config": {"name": "a.c"}}"#
    )
    #expect(try layer(["a", "b"], text)?.className == "Dense")
    #expect(try layer(["a", "c"], text)?.className == "Conv2D")
  }

  @Test func aClassOfTheUsersIsNotKeras() throws {
    let text = model(
      #"{"class_name": "Dense", "registered_name": "mine>Dense", "config": {"name": "a"}}"#)
    let found = try layer(["a"], text)
    #expect(found.map { KerasClass(className: $0.className) } == .some(nil))
  }

  /// Members of a layer called `Dense`, and whether it is Keras' own.
  @Test(arguments: [
    (#""module": "keras.layers", "registered_name": null, "config": {"name": "a"}"#, true),
    (#""module": "tf_keras.layers", "config": {"name": "a"}"#, true),
    (#""module": "keras.src.layers.core.dense", "config": {"name": "a"}"#, true),
    (#""module": null, "registered_name": "Dense", "config": {"name": "a", "units": 1}"#, false),
    (#""module": "mine.layers", "registered_name": "Dense", "config": {"name": "a"}"#, false),
    (#""module": "keras_mine", "config": {"name": "a", "units": 1}"#, false),
    (#""registered_name": "mine>Dense", "config": {"name": "a", "units": 1}"#, false),
    (#""config": {"name": "a", "units": 1}"#, true),
    (#""config": {"name": "a", "output_dim": 1}"#, true),
    (#""config": {"name": "a", "trainable": true}"#, false),
  ])
  func aClassIsKerasByItsModule(members: String, isKeras: Bool) throws {
    let found = try #require(
      try layer(["a"], model(#"{"class_name": "Dense", \#(members)}"#)))
    #expect(found.isForeign != isKeras)
  }

  @Test func sourcesAreReadAsKeras2AndKeras3WriteThem() throws {
    for nodes in [
      #"[[["x", 0, 0, {}], ["y", 0, 0, {}]]]"#,
      #"[{"args": [[{"class_name": "__keras_tensor__", "config": {"keras_history": ["x", 0, 0]}}, {"config": {"keras_history": ["y", 1, 0]}}]], "kwargs": {}}]"#,
    ] {
      let text = model(
        #"{"class_name": "Add", "config": {"name": "a"}, "inbound_nodes": \#(nodes)}"#)
      #expect(try layer(["a"], text)?.sources == ["x", "y"])
    }
  }

  @Test(arguments: [
    "", "[]", "{", #"{"class_name": "Sequential", "config": {"layers": [}}"#,
    #"{"class_name": "Sequential"} x"#,
    String(repeating: #"{"config": {"layers": ["#, count: 400),
    String(repeating: #"{"config": {"layer": "#, count: 400),
    #"{"config": {"x": "# + String(repeating: "[", count: 100_000),
  ])
  func damagedTextIsRefused(text: String) {
    #expect(throws: CheckpointError.self) { try KerasConfiguration(parsing: text) }
  }

  @Test func longTextIsRefused() {
    let text = #"{"a": ""# + String(repeating: "x", count: KerasConfiguration.byteLimit) + "\"}"
    let error = #expect(throws: CheckpointError.self) { try KerasConfiguration(parsing: text) }
    #expect(error?.code == .limitExceeded)
  }
}
