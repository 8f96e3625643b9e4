import DBNTensors
import DBNTestSupport
import DBNTorch
import Testing

/// How values that refer to each other, and names of dangerous functions, are read.
struct ObjectRuleTests {
  private static func module(_ attributes: (String, [UInt8])...) -> [UInt8] {
    let known = ["_parameters", "_buffers", "_modules"].filter { name in
      !attributes.contains { $0.0 == name }
    }
    var state = Pickle.emptyDict
    for (name, value) in attributes + known.map({ ($0, Pickle.emptyDict) }) {
      state += Pickle.text(name) + value + Pickle.setItem
    }
    return Pickle.call("a.Net") + state + Pickle.build
  }

  private static let weights = Pickle.dictionary((Pickle.text("w"), Pickle.tensor()))

  @Test func aListThatContainsItselfIsOneUnreadableEntry() throws {
    let cycle = Pickle.emptyList + Pickle.put(0) + Pickle.get(0) + Pickle.append
    let root = try Pickle.read(
      Pickle.dictionary((Pickle.text("model"), Self.weights), (Pickle.text("x"), cycle))
    ).root
    #expect(root.dictionary?["model"]?.dictionary?["w"]?.tensor != nil)
    guard case .opaque(let value)? = root.dictionary?["x"]?.elements?.first else {
      Issue.record("not unreadable")
      return
    }
    #expect(value.unreadableReason?.contains("list that contains it") == true)
  }

  @Test func aModuleThatContainsItselfIsCutThere() throws {
    let net =
      Pickle.call("a.Net") + Pickle.put(0)
      + Pickle.dictionary(
        (Pickle.text("_parameters"), Self.weights), (Pickle.text("_buffers"), Pickle.emptyDict),
        (Pickle.text("_modules"), Pickle.dictionary((Pickle.text("again"), Pickle.get(0)))))
      + Pickle.build
    let root = try Pickle.read(net).root
    #expect(root.dictionary?["w"]?.tensor != nil)
    guard case .opaque(let value)? = root.dictionary?["again"] else {
      Issue.record("not cut")
      return
    }
    #expect(value.unreadableReason != nil)
  }

  @Test func hooksThatChangeAStateDictAreNoted() throws {
    let hooks = Pickle.dictionary((Pickle.int(1), Pickle.call("a.Hook")))
    for name in ["_state_dict_hooks", "_state_dict_pre_hooks"] {
      let notes = try Pickle.read(
        Self.module(("_parameters", Self.weights), (name, hooks))
      ).notes
      #expect(notes.contains { $0.contains("a.Hook") && $0.contains("not run") }, "\(notes)")
    }
    let without = try Pickle.read(
      Self.module(("_parameters", Self.weights), ("_state_dict_hooks", Pickle.emptyDict)))
    #expect(!without.notes.contains { $0.contains("hook") })
  }

  @Test func manyNamesOfSharedModulesAreLimited() throws {
    let error = try #require(throws: CheckpointError.self) {
      try Pickle.read(Self.nested(depth: 40))
    }
    #expect(error.code == .limitExceeded, "\(error)")
  }

  /// Modules with two children each, both the same.
  private static func nested(depth: UInt8) -> [UInt8] {
    var module = Self.module(("_parameters", weights))
    for index in 0..<depth {
      module = Self.module(
        (
          "_modules",
          Pickle.dictionary(
            (Pickle.text("a"), module + Pickle.put(index)), (Pickle.text("b"), Pickle.get(index)))
        ))
    }
    return module
  }

  @Test(
    arguments: [
      "os.system", "posix.system", "subprocess.Popen", "builtins.eval", "commands.getoutput",
      "importlib.import_module", "ctypes.CDLL", "pickle.loads", "operator.attrgetter",
      "os.popen", "os.stat", "nt.system", "socket.socket", "subprocess.check_output",
      "code.InteractiveInterpreter.runcode", "code.interact", "timeit.timeit", "pip.main",
      "os.stat_result.os.system", "sys.modules", "shutil.rmtree",
    ])
  func dangerousNamesAreAlwaysRefused(name: String) throws {
    let error = try #require(throws: CheckpointError.self) {
      try Pickle.read(Pickle.dictionary((Pickle.text("x"), Pickle.global(name))))
    }
    #expect(error.code == .pickleGlobal && error.name == "x", "\(error)")
    #expect(error.reason.contains(name))
  }

  /// Classes that only hold data, and modules of people that are named as Python's were.
  @Test(
    arguments: [
      "os.stat_result", "os.terminal_size", "posix.uname_result", "socket.AddressFamily",
      "shutil._ntuple_diskusage", "subprocess.CompletedProcess", "code.models.Net",
      "commands.train.Config",
    ])
  func harmlessNamesOfDangerousModulesAreOpaque(name: String) throws {
    let root = try Pickle.read(Pickle.dictionary((Pickle.text("x"), Pickle.call(name)))).root
    #expect(root.dictionary?["x"]?.typeName == name)
  }

  @Test(
    arguments: [
      "torch.sparse.FloatTensor", "torch.cuda.sparse.HalfTensor", "torch.storage.TypedStorage",
      "torch.quint2x4", "torch.uint3", "torch.bcomplex32", "torch.QInt8Storage",
      "torch.per_channel_affine_float_qparams", "torch._utils._rebuild_qtensor",
    ])
  func namesThatWeightsOnlyAcceptsAreNeverRefused(name: String) throws {
    let archive = Pickle.archive(Pickle.dictionary((Pickle.text("x"), Pickle.global(name))))
    let root = try TorchCheckpoint.read(
      ByteRegion(archive.bytes), options: ReadingOptions(refusesUnknownClasses: true)
    ).root
    #expect(root.dictionary?["x"] != nil)
  }

  @Test func unhashableKeysAreRefused() throws {
    for key in [Pickle.emptyList, Pickle.emptyDict] {
      let error = try #require(throws: CheckpointError.self) {
        try Pickle.read(Pickle.dictionary((key, Pickle.none)))
      }
      #expect(error.code == .pickleKey)
    }
  }

  @Test func anArrayWhoseBytesDoNotFitIsOpaque() throws {
    let type =
      Pickle.call("numpy.dtype", Pickle.text("f4"), [0x89], [0x88])
      + Pickle.tuple(Pickle.int(3), Pickle.text("<")) + Pickle.build
    let bytes = Pickle.call("_codecs.encode", Pickle.text("1234567"), Pickle.text("latin1"))
    let array =
      Pickle.call("numpy.core.multiarray._reconstruct", Pickle.global("numpy.ndarray"))
      + Pickle.tuple(Pickle.int(1), Pickle.tuple([2]), type, [0x89], bytes) + Pickle.build
    let value = try Pickle.read(array).root
    #expect(value.typeName == "numpy.core.multiarray._reconstruct")
  }

  @Test func filesInsideFilesInsideAPickleAreRefused() throws {
    let call = Pickle.call("torch.storage._load_from_bytes", Pickle.text("x"))
    let error = try #require(throws: CheckpointError.self) { try Pickle.read(call) }
    #expect(error.code == .pickleArguments)
  }
}
