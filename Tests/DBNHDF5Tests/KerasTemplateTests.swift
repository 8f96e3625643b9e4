import DBNCheckpointFormats
import DBNTensors
import DBNTestSupport
import Testing

@testable import DBNHDF5

/// Weights of PyTorch, written as a file of Keras.
struct KerasTemplateTests {
  private static let fixtures =
    Fixture.all("keras") + Fixture.all("keras-recurrent")
    + ["classes", "nested", "net", "split", "subclassed"].map { Fixture("keras-layers/\($0)") }

  private func converted(_ fixture: Fixture) throws -> StateDict {
    let checkpoint = try HDF5Checkpoint.read(fixture.file("weights.h5"))
    return try KerasNames.converting(checkpoint.stateDict()).stateDict
  }

  @Test(arguments: fixtures)
  func whatIsWrittenHasTheGroupsAttributesAndWeightsOfKeras(fixture: Fixture) throws {
    let path = fixture.file("weights.h5")
    let template = try KerasTemplate(opening: path)
    let (restored, _) = try KerasNames.restoring(converted(fixture), like: template)
    let folder = try TemporaryFolder()
    let listsLayers = try KerasFile(CatalogParser.read(MappedFile.open(path))).listsLayers
    let back = folder.file(listsLayers ? "back.h5" : "back.weights.h5")
    try HDF5Format().write(
      Checkpoint(root: .dictionary(restored.dictionary)), to: back)
    let original = try weights(path)
    #expect(try weights(back) == original)
    let (ours, theirs) = (
      try CatalogParser.read(MappedFile.open(back)),
      try CatalogParser.read(MappedFile.open(path))
    )
    for group in theirs.groups where !group.path.hasPrefix("optimizer") {
      let found = try #require(ours.groups.first { $0.path == group.path }, "\(group.path)")
      for attribute in group.attributes where attribute.value != .other {
        #expect(found.attributes[attribute.name] == attribute.value)
      }
    }
  }

  /// The weights without those of the optimizer, as rows of an expectation.
  private func weights(_ path: String) throws -> JSON {
    var kept = StateDict()
    for (name, tensor) in try HDF5Checkpoint.read(path).stateDict().tensors
    where !name.hasPrefix("optimizer") {
      kept[name] = tensor
    }
    return try Expectation.tensors(kept)
  }

  @Test func aMissingWeightAndAnotherShapeAreNamed() throws {
    let fixture = Fixture("keras-layers/net")
    let template = try KerasTemplate(opening: fixture.file("weights.h5"))
    var stateDict = try converted(fixture)
    stateDict["fc.weight"] = try Sample.tensor(.float32, [3, 5])
    var error = #expect(throws: CheckpointError.self) {
      try KerasNames.restoring(stateDict, like: template)
    }
    #expect(error?.code == .inconsistentTensor && error?.name == "fc.weight")
    stateDict["fc.weight"] = nil
    error = #expect(throws: CheckpointError.self) {
      try KerasNames.restoring(stateDict, like: template)
    }
    #expect(error?.code == .missingWeight && error?.name == "fc.weight")
  }

  @Test func aTensorThatKerasHasNoPlaceForIsRefusedUnlessItChangesNothing() throws {
    let fixture = Fixture("keras-layers/net")
    let template = try KerasTemplate(opening: fixture.file("weights.h5"))
    var stateDict = try converted(fixture)
    stateDict["conv1.bias"] = try Tensor(rounding: [0, 0, 0, 0], to: .float32, shape: [4])
    let (_, report) = try KerasNames.restoring(stateDict, like: template)
    #expect(report.skipped.contains { $0.name == "conv1.bias" })
    stateDict["conv1.bias"] = try Tensor(rounding: [0, 0.5, 0, 0], to: .float32, shape: [4])
    let error = #expect(throws: CheckpointError.self) {
      try KerasNames.restoring(stateDict, like: template)
    }
    #expect(error?.code == .cannotBeWritten && error?.name == "conv1.bias")
  }

  @Test func whatIsBesideTheWeightsIsNotLostInSilence() throws {
    let template = try KerasTemplate(opening: Fixture("keras-layers/net").file("weights.h5"))
    let (restored, _) = try KerasNames.restoring(
      converted(Fixture("keras-layers/net")), like: template)
    let root = Sample.mapping([
      (.string("model"), .dictionary(restored.dictionary)), (.string("epoch"), .int(3)),
    ])
    let folder = try TemporaryFolder()
    let error = #expect(throws: CheckpointError.self) {
      try HDF5Format().write(Checkpoint(root: root), to: folder.file("back.h5"))
    }
    #expect(error?.code == .cannotBeWritten && error?.name == "model")
    #expect(error?.advice?.choices == [.stateDictOnly])
  }

  @Test func anotherFileIsNotATemplate() {
    let error = #expect(throws: CheckpointError.self) {
      try KerasTemplate(opening: Fixture("hdf5/h5py-flat").file("weights.h5"))
    }
    #expect(error?.code == .notKeras)
  }

  /// The paths of groups come from a file, which may have any.
  @Test(arguments: ["a//b", "./a", "a/.", "/a"])
  func oddPathsOfGroupsAreRefused(path: String) throws {
    var catalog = Catalog()
    catalog.groups.append(Catalog.Group(path: path))
    var stateDict = CheckpointDictionary(.orderedDict)
    stateDict.attributes = [(KerasStructure.attribute, KerasStructure(catalog).value)]
    let error = #expect(throws: CheckpointError.self) {
      _ = try SchemaWriter(kerasFile: Checkpoint(root: .dictionary(stateDict)), at: "x.h5")
    }
    #expect(error?.code == .cannotBeWritten)
  }
}
