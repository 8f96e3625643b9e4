import DBNTensors
import DBNTestSupport
import DBNTorch
import DBNZip
import Foundation
import Testing

/// What is found of the names in pickles, of the kinds that attacks on picklers and on scanners use.
struct PickledNamesTests {
  /// A file that names `os.system`, or another name, in one way.
  struct Sample: CustomStringConvertible, Sendable {
    let description: String
    let file: [UInt8]
    var path = "os.system"

    init(_ description: String, _ file: [UInt8], names path: String = "os.system") {
      (self.description, self.file, self.path) = (description, file, path)
    }
  }

  private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
  private static func short(_ text: String) -> [UInt8] {
    [0x8C, UInt8(text.utf8.count)] + bytes(text)
  }
  private static func pickle(_ content: [UInt8]) -> [UInt8] { [0x80, 4] + content + [0x2E] }
  private static let argument = short("touch executed") + [0x85, 0x52]
  private static let stackGlobal: [UInt8] = [0x93]
  static let plain = pickle(Pickle.global("os.system") + argument)

  private static func zip(_ name: String, _ content: [UInt8], crc32: UInt32 = 0) -> [UInt8] {
    Archive([.init(name, content, crc32: crc32)]).bytes
  }

  private static func array(_ content: [UInt8]) -> [UInt8] {
    let header = bytes("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n")
    return [0x93] + bytes("NUMPY\u{1}\u{0}") + littleEndian(UInt16(header.count)) + header + content
  }

  /// Marked as encrypted, which it is not, and without a directory.
  private static let markedAsEncrypted: [UInt8] = {
    let record = Archive.Record("data.pkl", plain)
    var header = Archive([record]).localHeader(of: record)
    header.replaceSubrange(6..<8, with: [1, 0])
    let size = littleEndian(UInt32(plain.count))
    header.replaceSubrange(18..<26, with: size + size)
    return header + plain
  }()

  /// The magic number, the version and facts about the machine, and then the object.
  private static let legacy: [UInt8] =
    [0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]
    + [0x80, 2, 0x4D, 0xE9, 3, 0x2E] + [0x80, 2] + Pickle.emptyDict + [0x2E]

  static let samples = [
    Sample("GLOBAL", plain),
    Sample("GLOBAL of protocol 0", bytes("cposix\nsystem\n(S'id'\ntR."), names: "posix.system"),
    Sample("GLOBAL of Python 2", bytes("c__builtin__\neval\n(S'1'\ntR."), names: "builtins.eval"),
    Sample(
      "GLOBAL with a path", pickle(bytes("cbuiltins\neval.__call__\n")),
      names: "builtins.eval.__call__"),
    Sample("GLOBAL that is not called", pickle(Pickle.global("os.system"))),
    Sample("GLOBAL that is dropped", pickle(Pickle.global("os.system") + [0x30, 0x4E])),
    Sample(
      "STACK_GLOBAL",
      pickle(short("os") + [0x94] + short("system") + [0x94] + stackGlobal + argument)),
    Sample(
      "STACK_GLOBAL of what was stored and dropped",
      bytes("Vos\np2\n0Vsystem\np3\n0Vtorch\np0\n0VLongStorage\np1\n0g2\ng3\n") + stackGlobal
        + bytes("(Vcat flag.txt\ntR.")),
    Sample(
      "STACK_GLOBAL of texts with quotes", bytes("S'os'\nS'sys\\x74em'\n") + stackGlobal + [0x2E]),
    Sample(
      "STACK_GLOBAL of a number", pickle(Pickle.int(1) + short("system") + stackGlobal),
      names: "?.system"),
    Sample("STACK_GLOBAL of nothing", pickle(stackGlobal), names: "?.?"),
    Sample("INST", bytes("(S'id'\nios\nsystem\n.")),
    Sample("OBJ", pickle(Pickle.mark + Pickle.global("os.system") + short("id") + [0x6F])),
    Sample(
      "NEWOBJ", pickle(Pickle.global("bdb.Bdb") + Pickle.emptyTuple + [0x81]), names: "bdb.Bdb"),
    Sample(
      "a path through another module", pickle(bytes("ctorch.serialization\nos.system\n")),
      names: "torch.serialization.os.system"),
    Sample(
      "getattr of what leads to everything",
      pickle(
        Pickle.global("builtins.getattr") + Pickle.global("collections.OrderedDict")
          + short("__subclasses__") + [0x86, 0x94, 0x52]), names: "builtins.getattr"),
    Sample(
      "a pickle in bytes",
      pickle(
        Pickle.global("x.f") + [0x42] + littleEndian(UInt32(plain.count)) + plain + [0x85, 0x52])),
    Sample(
      "a pickle in text",
      pickle(
        Pickle.global("x.f")
          + Pickle.text(String(String.UnicodeScalarView(plain.map { Unicode.Scalar($0) }))))),
    Sample("a second pickle", pickle(Pickle.emptyList) + plain),
    Sample("a pickle that is cut off", Array(plain.dropLast(8))),
    Sample("an old pickle that is cut off", bytes("cos\nsystem\nX~~~~")),
    Sample("a pickle with a wrong operation", [0x80, 4] + Pickle.global("os.system") + [0xFF]),
    Sample("the object of an old file", legacy + plain),
    Sample(
      "the magic number of an old file, computed",
      pickle(Pickle.call("builtins.eval", short("0x19"))) + plain),
    Sample("an array of objects", array(plain)),
    Sample("a record", zip("archive/data.pkl", plain)),
    Sample("a record of another name", zip("data.txt", plain)),
    Sample("a record of protocol 0", zip("a/DATA.PKL", bytes("cos\nsystem\n."))),
    Sample("a record with a wrong checksum", zip("data.pkl", plain, crc32: 1)),
    Sample("a record that is marked as encrypted", markedAsEncrypted),
    Sample("a deflated record", Archive([Archive.Record("data.pkl", plain).deflated]).bytes),
    Sample("an array of objects in an archive", zip("x.npy", array(plain))),
    Sample("an archive in an archive", zip("a.pt", zip("archive/data.pkl", plain))),
  ]

  @Test(arguments: samples)
  func everyKindOfDangerousNameIsFound(sample: Sample) throws {
    let names = PickledNames(in: ByteRegion(sample.file)).names
    let found = names.filter(\.isDangerous).map(\.path)
    #expect(found.contains(sample.path), "\(names.map(\.path))")
  }

  @Test(arguments: [
    "pty.spawn", "subprocess.Popen", "runpy.run_path", "cProfile.runctx", "ctypes.CDLL",
    "timeit.timeit",
    "pydoc.pipepager", "pip.main", "venv.create", "webbrowser.open", "socket.create_connection",
    "sys.exit", "shutil.rmtree", "importlib.import_module", "pickle.loads", "_pickle.loads",
    "marshal.loads",
    "operator.attrgetter", "_operator.methodcaller", "types.CodeType", "_io.FileIO", "asyncio.run",
    "code.InteractiveInterpreter.runcode", "idlelib.run.Executive.runcode", "torch.load",
    "numpy.load",
    "torch.hub.load", "torch.utils.collect_env.run", "numpy.f2py.crackfortran.getlincoef",
    "uuid._get_command_stdout", "commands.getoutput", "imaplib.IMAP4_stream",
    "test.support.script_helper.assert_python_ok", "trace.Trace.run",
    "profile.Profile.runctx", "lib2to3.pgen2.grammar.Grammar.loads",
    "distutils.file_util.write_file",
    "cloudpickle.cloudpickle._make_function", "dill._dill._create_function", "requests.api.get",
    "aiohttp.client.ClientSession", "urllib.request.urlopen", "logging.FileHandler",
    "ensurepip._run_pip",
  ])
  func namesThatOnlyAnAttackNeedsAreDangerous(path: String) {
    let file = Self.pickle(Pickle.dictionary((Pickle.text("k"), Pickle.global(path))))
    let names = PickledNames(in: ByteRegion(file)).names
    #expect(names.map(\.path) == [path] && names[0].isDangerous && names[0].entry == "k")
  }

  @Test func aNameHasItsKeysAndItsOffset() throws {
    let value = Pickle.dictionary(
      (Pickle.text("model"), Pickle.dictionary((Pickle.text("bn.weight"), Pickle.tensor()))),
      (Pickle.text("list"), Pickle.list(Pickle.int(1), Pickle.call("os.system", Pickle.text("x")))),
      (Pickle.int(7), Pickle.global("my.Class")))
    let archive = Pickle.archive(value)
    let names = PickledNames(in: ByteRegion(archive.bytes))
    #expect(names.stop == nil && names.omitted == 0)
    let found = Dictionary(uniqueKeysWithValues: names.names.map { ($0.path, $0) })
    #expect(found["torch._utils._rebuild_tensor_v2"]?.entry == "model/bn.weight")
    #expect(found["torch.FloatStorage"]?.isUsual == true)
    #expect(found["os.system"]?.entry == "list" && found["my.Class"]?.entry == "7")
    #expect(names.names.allSatisfy { $0.record == "archive/data.pkl" })
    let pickle = archive.records[0].payload
    for name in names.names {
      let text = Array("c\(name.module)\n\(name.name)\n".utf8)
      #expect(Array(pickle.dropFirst(name.offset).prefix(text.count)) == text)
    }
  }

  @Test func aPickleOfNamesIsListedUpToALimitAndEveryDangerousOneIsFound() throws {
    let many: [UInt8] = (0..<20_000).flatMap { number -> [UInt8] in
      Pickle.global("a.n\(number)") + [0x30]
    }
    let names = PickledNames(in: ByteRegion(Self.pickle(many + Pickle.global("os.system"))))
    #expect(names.names.count == 10_001 && names.omitted == 10_000)
    #expect(names.names.last?.path == "os.system")
  }

  /// What programs pickle is not taken for an attack.
  @Test(arguments: [
    "functools.partial", "builtins.getattr", "collections.defaultdict", "uuid.UUID",
    "os.stat_result",
    "pathlib.PosixPath", "argparse.Namespace", "numpy._core.multiarray._reconstruct",
    "__main__.Net",
    "torch.nn.modules.conv.Conv2d", "operator.itemgetter", "profile.Mine", "trace.Mine",
  ])
  func namesOfProgramsAreNotDangerous(path: String) {
    let names = PickledNames(in: ByteRegion(Self.pickle(Pickle.global(path)))).names
    #expect(names.map(\.path) == [path] && !names[0].isDangerous)
  }

  @Test func anOperationBeyondItsFrameIsSaid() {
    let frame: [UInt8] = [0x80, 4, 0x95] + littleEndian(UInt64(2))
    let bytes: [UInt8] = [0x42] + littleEndian(UInt32(4)) + [0, 0, 0, 0]
    #expect(PickledNames(in: ByteRegion(frame + bytes + [0x2E])).stop?.contains("frame") == true)
    let whole: [UInt8] = [0x80, 4, 0x95] + littleEndian(UInt64(10)) + bytes + [0x2E]
    #expect(PickledNames(in: ByteRegion(whole)).stop == nil)
  }

  @Test func filesWithoutPicklesHaveNoNames() {
    let files: [[UInt8]] = [
      [], [0x2E], Self.bytes("cat\ndog\nand more\n"), [0x89] + Self.bytes("HDF\r\n\u{1A}\n"),
      Self.bytes("{\"a\": 1}"), [16, 0, 0, 0, 0, 0, 0, 0] + Self.bytes("{\"c\": {}}      "),
    ]
    for file in files { #expect(PickledNames(in: ByteRegion(file)).names.isEmpty) }
  }

  /// Every file of the fixtures but those that attack.
  @Test func noHealthyFixtureIsTakenForAnAttack() throws {
    let root = URL(filePath: Fixture("").file("")).standardizedFileURL
    let files = try #require(
      FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil))
    var count = 0
    for case let file as URL in files where !file.path.contains("/hostile/") {
      guard let bytes = try? Data(contentsOf: file), !file.hasDirectoryPath else { continue }
      let names = PickledNames(in: ByteRegion(Array(bytes))).names
      count += names.isEmpty ? 0 : 1
      let dangerous = names.filter(\.isDangerous).map(\.path)
      #expect(dangerous.isEmpty, "\(file.path): \(dangerous)")
    }
    #expect(count > 50)
  }

  /// The fixtures that attack name what they are for.
  @Test func everyHostileFixtureThatNamesAFunctionIsFound() throws {
    let fixture = Fixture("torch/hostile")
    for row in try fixture.expected.array ?? [] {
      let file = try #require(row["file"]?.string)
      let names = PickledNames(in: ByteRegion(try fixture.bytes(file))).names
      let wanted = row["mentions"]?.array?.compactMap(\.string).filter {
        ["os.system", "builtins.eval", "builtins.exec", "posix.system", "subprocess.Popen"]
          .contains($0)
      }
      for path in wanted ?? [] {
        #expect(
          names.contains { $0.path == path && $0.isDangerous }, "\(file): \(names.map(\.path))")
      }
    }
  }
}
