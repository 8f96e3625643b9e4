import DBNTensors
import DBNTestSupport
import DBNTorch
import Testing

/// What real files hold beside plain values: whole modules, programs, values of other libraries.
struct ObjectTests {
  static let fixtures = Fixture.all("torch/objects")

  private static func read(_ name: String) throws -> Checkpoint {
    try TorchCheckpoint.read(
      MappedFile.open(Fixture("torch/objects/\(name)").file("checkpoint.pth")))
  }

  @Test(arguments: fixtures)
  func everyValueIsWhatItStandsFor(fixture: Fixture) throws {
    let checkpoint = try TorchCheckpoint.read(MappedFile.open(fixture.file("checkpoint.pth")))
    let expected = try Expectation.normalised(fixture.expected["tree"] ?? .null)
    #expect(try Expectation.tree(checkpoint.root) == expected)
  }

  @Test(arguments: fixtures)
  func theStateDictHasTheTensorsInOrderAndTied(fixture: Fixture) throws {
    let checkpoint = try TorchCheckpoint.read(MappedFile.open(fixture.file("checkpoint.pth")))
    let expected = try fixture.expected
    let entry = try #require(expected["entry"]?.string)
    let stateDict = try checkpoint.stateDict(at: EntryPath(entry))
    #expect(try Expectation.tensors(stateDict) == expected["tensors"])
  }

  @Test(arguments: fixtures)
  func batchNormsHaveTheSettingsOfTheirModules(fixture: Fixture) throws {
    let checkpoint = try TorchCheckpoint.read(MappedFile.open(fixture.file("checkpoint.pth")))
    for member in try fixture.expected["batch_norms"]?.members ?? [] {
      let settings = try #require(checkpoint.batchNormSettings[member.name], "\(member.name)")
      let (epsilon, momentum) = (member.value.array?[0], member.value.array?[1])
      #expect(settings.epsilon.map { .double($0) } == epsilon)
      #expect(settings.momentum?.value.map { .double($0) } ?? .null == momentum)
    }
  }

  @Test func classesAndSettingsStayAsData() throws {
    let checkpoint = try Self.read("module-entries")
    let whole = try #require(checkpoint.modules.first)
    #expect(whole.className == "models.DetectionModel" && whole.entry == EntryPath("model"))
    let settings = Dictionary(uniqueKeysWithValues: whole.settings.map { ($0.name, $0.value) })
    #expect(settings["names"]?.dictionary?[.int(1)]?.scalarText == "\"é\"")
    #expect(settings["stride"]?.tensor?.shape == [3])
    #expect(settings["hyper"]?.typeName == "argparse.Namespace")
    #expect(settings["missing"]?.typeName == "None" && settings["anchors"] == nil)
    #expect(settings["unregistered"]?.elements?.first?.typeName.hasSuffix(".Linear") == true)
    #expect(!checkpoint.notes.contains { $0.contains("unregistered") })
    let norm = try #require(checkpoint.modules.first { $0.name == "model.0.bn" })
    #expect(norm.className == "torch.nn.modules.batchnorm.BatchNorm2d")
    #expect("\(norm)".contains("eps 0.001, momentum 0.03"))
    #expect(checkpoint.notes.contains { $0.contains("'ema' is a whole module") })
  }

  @Test func instanceNormsAreNotAmongTheSettingsOfBatchNorms() throws {
    #expect(try Self.read("module").batchNormSettings["instance"] == nil)
  }

  @Test func attributesOfAProgramAreListed() throws {
    let whole = try #require(try Self.read("script").modules.first)
    let settings = whole.settings.map(\.name)
    #expect(settings.contains("stride") && settings.contains("names"), "\(settings)")
  }

  @Test func whatChangedItsTypeIsNoted() throws {
    let notes = try Self.read("libraries").notes
    for name in ["numpy.ndarray", "numpy.uint64", "models.EasyDict", "types.SimpleNamespace"] {
      #expect(notes.contains { $0.contains(name) }, "\(name)")
    }
  }

  @Test(
    arguments: [
      ("coo", "to_dense()"), ("quantised", "dequantize()"), ("meta", "no values"),
      ("nested", "unbind()"), ("dtensor", "full_tensor()"), ("lazy", "run the model"),
      ("parameter", "to_dense()"),
    ])
  func aTensorThatCannotBeReadSaysWhatToSaveInstead(name: String, advice: String) throws {
    let value = try Self.read("unreadable").root.dictionary?[name]
    guard case .opaque(let object)? = value else {
      Issue.record("\(name) is read")
      return
    }
    #expect(object.unreadableReason?.contains(advice) == true, "\(object.unreadableReason ?? "")")
  }

  /// The machine keeps an array in a smaller form than its object. Where that object is wanted, in an
  /// object of an unknown class, it is as it was; an array that is recalled is one tensor.
  @Test func anArrayInsideAnUnknownObjectIsTheObjectOfThePickle() throws {
    let arrays = Pickle.arrays(3)
    let pickle = Pickle.dictionary(
      (Pickle.text("first"), arrays[0]), (Pickle.text("second"), arrays[1]),
      (Pickle.text("inside"), Pickle.call("odd.Class", Pickle.list(arrays[0], arrays[1]))),
      (Pickle.text("third"), arrays[2] + Pickle.put(9)), (Pickle.text("again"), Pickle.get(9)))
    let root = try #require(
      try TorchCheckpoint.read(ByteRegion(Pickle.archive(pickle).bytes)).root.dictionary)
    guard case .opaque(let inside)? = root["inside"],
      case .list(let objects)? = inside.arguments?[0],
      case .opaque(let usual) = objects[0], case .opaque(let kept) = objects[1],
      case .tuple(let state)? = kept.state, case .tuple(let usualState)? = usual.state,
      case .bytes(let stored)? = state.last
    else { throw CheckpointError(.invalidJSON, "an array is no object") }
    let data = littleEndian(1) + littleEndian(1)
    #expect(kept.name == usual.name && stored == data && state.count == 5)
    #expect(
      try ((kept.arguments ?? []) + state.dropLast()).map(Expectation.tree)
        == ((usual.arguments ?? []) + usualState.dropLast()).map(Expectation.tree))
    #expect(try root["second"]?.tensor?.storage.crc32() == CRC32.of(data.span.bytes))
    let third = try #require(root["third"]?.tensor)
    #expect(third.storage === root["again"]?.tensor?.storage && third.shape == [4])
  }

  @Test func allFixturesAreFound() {
    #expect(Self.fixtures.count >= 10)
  }
}
