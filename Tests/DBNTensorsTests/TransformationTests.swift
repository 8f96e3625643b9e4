import DBNTensors
import DBNTestSupport
import Testing

struct RenamingTests {
  private let stateDict: StateDict

  init() throws {
    var modules = CheckpointDictionary(.orderedDict)
    for name in ["", "module", "module.bn1", "module.fc"] {
      modules.set(.string(name), to: .string("version of \(name)"))
    }
    var dictionary = CheckpointDictionary(.orderedDict)
    for name in ["module.bn1.weight", "module.bn1.bias", "module.fc.weight"] {
      dictionary.set(.string(name), to: .tensor(try .float32([1])))
    }
    dictionary.attributes = [("_metadata", .dictionary(modules))]
    stateDict = try #require(StateDict(dictionary))
  }

  @Test func aPrefixIsStrippedFromKeysAndModules() throws {
    let plain = try stateDict.strippingPrefix("module.")
    #expect(plain.names == ["bn1.weight", "bn1.bias", "fc.weight"])
    #expect(plain.metadata?.entries.compactMap(\.key.string) == ["", "bn1", "fc"])
    #expect(plain["fc.weight"]?.storage === stateDict["module.fc.weight"]?.storage)
  }

  @Test func aPrefixThatNoKeyHasIsAMistake() {
    let error = #expect(throws: CheckpointError.self) { try stateDict.strippingPrefix("net.") }
    #expect(error?.code == .nothingRenamed)
  }

  /// `module` means `module.`, and not the first letters of `module.` or of another name.
  @Test func aPrefixWithoutItsDotIsThatModule() throws {
    #expect(
      try stateDict.strippingPrefix("module").names == ["bn1.weight", "bn1.bias", "fc.weight"])
    let letters = try stateDict.strippingPrefix("mod")
    #expect(letters.names == ["ule.bn1.weight", "ule.bn1.bias", "ule.fc.weight"])
  }

  @Test(arguments: [
    (["*.bn1.*"], [], ["module.bn1.weight", "module.bn1.bias"]),
    ([], ["*bias"], ["module.bn1.weight", "module.fc.weight"]),
    (["*weight"], ["*fc*"], ["module.bn1.weight"]),
    (["*fc*", "*bias"], [], ["module.bn1.bias", "module.fc.weight"]),
  ])
  func entriesAreKeptAndDroppedByName(keep: [String], drop: [String], left: [String]) throws {
    let (selected, leftOut) = try stateDict.selecting(NameSelection(include: keep, exclude: drop))
    #expect(selected.names == left)
    #expect(Set(leftOut).union(left) == Set(stateDict.names) && leftOut.count + left.count == 3)
    #expect(selected.metadata?.entries.count == stateDict.metadata?.entries.count)
  }

  @Test(arguments: [(["*"], ["nothing"]), (["*", "conv*"], []), ([], ["*"])])
  func aPatternWithoutEffectOrThatLeavesNothingIsAMistake(keep: [String], drop: [String]) {
    let error = #expect(throws: CheckpointError.self) {
      try stateDict.selecting(NameSelection(include: keep, exclude: drop))
    }
    #expect(error?.code == .nothingSelected)
  }

  @Test func keysThatWouldCollideAreRefused() {
    let error = #expect(throws: CheckpointError.self) {
      try stateDict.renaming("it") { _ in "same" }
    }
    #expect(error?.code == .nameCollision && error?.name == "same")
  }

  @Test(arguments: [
    (#"s/^module\.//"#, "module.layer1.bn", "layer1.bn"),
    (#"s/layer(\d+)\.(\w+)/stage\1_\2/"#, "layer4.bn.weight", "stage4_bn.weight"),
    ("s|bn|norm/x|", "bn.bn", "norm/x.bn"), ("s/bn/[&]/g", "bn.bn", "[bn].[bn]"),
    (#"s/\./\//g"#, "a.b.c", "a/b/c"), (#"s/a/\\\&/"#, "a", #"\&"#), ("s/x//", "a", "a"),
  ])
  func substitutionsAreAsOfSed(text: String, name: String, renamed: String) throws {
    let substitution = try #require(Substitution(text))
    #expect(substitution(name) == renamed)
  }

  @Test(arguments: ["", "s", "s/a", "s/a/b", "s/(/b/", "s/a/b/x", "y/a/b/", "s/a/b/c/d"])
  func otherTextIsNoSubstitution(text: String) {
    #expect(Substitution(text) == nil)
  }
}

struct CastingTests {
  @Test(arguments: [
    (ScalarType.float16, [0.1, 65_504, -0.0, 1e-8], [0.0999755859375, 65_504, -0.0, 0]),
    (.bfloat16, [0.1, 3e38, 1.00390625, 1e-45], [0.10009765625, 226 * 0x1p120, 1, 0]),
    (.float64, [0.5, 0.1, 1e-45, 3], [0.5, Double(Float(0.1)), Double(Float(1e-45)), 3]),
  ])
  func valuesAreRoundedToTheNearest(type: ScalarType, values: [Double], expected: [Double]) throws {
    var stateDict = StateDict()
    stateDict["w"] = try .float32(values, [2, 2])
    let (result, cast, _) = try stateDict.casting(to: type)
    let tensor = try #require(result["w"])
    #expect(cast == ["w"] && tensor.scalarType == type && tensor.shape == [2, 2])
    for (number, wanted) in zip(try tensor.doubles(), expected) {
      #expect(number.bitPattern == wanted.bitPattern)
    }
  }

  @Test func everyFloat16SurvivesTheWayThroughFloat32() throws {
    let bytes = (0...UInt16.max).flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    for type in [ScalarType.float16, .bfloat16] {
      var stateDict = StateDict()
      stateDict["all"] = try Tensor(
        type, shape: [65_536], storage: TensorStorage(ByteRegion(bytes)))
      let back = try stateDict.casting(to: .float32).stateDict.casting(to: type).stateDict
      let (before, after) = (
        try #require(stateDict["all"]).doubles(), try #require(back["all"]).doubles()
      )
      for (one, other) in zip(before, after) {
        #expect(one.bitPattern == other.bitPattern || (one.isNaN && other.isNaN))
      }
    }
  }

  @Test func overflowIsAnErrorUnlessAllowed() throws {
    var stateDict = StateDict()
    stateDict["w"] = try .float32([1, 1e6, .infinity])
    let strict = try #require(try stateDict.casting(to: .float16).stateDict["w"])
    let error = #expect(throws: CheckpointError.self) { try strict.doubles() }
    #expect(error?.code == .castOverflow && error?.name == "w")
    let loose = try stateDict.casting(to: .float16, allowsOverflow: true)
    #expect(try loose.stateDict["w"]?.doubles() == [1, .infinity, .infinity])
    #expect(loose.losses.map(\.name) == ["w"] && loose.losses[0].reason.hasSuffix(": 1"))
    let wide = try stateDict.casting(to: .bfloat16, allowsOverflow: true)
    #expect(wide.losses.isEmpty)
  }

  @Test func integersExceptionsAndTiesStay() throws {
    var stateDict = StateDict()
    stateDict["a"] = try .float32([1])
    stateDict["b"] = stateDict["a"]
    stateDict["running_var"] = try .float32([1e-9])
    stateDict["count"] = try Tensor([7], shape: [])
    let (result, cast, _) = try stateDict.casting(to: .float16, except: [.string("running_var")])
    #expect(cast == ["a", "b"])
    let (a, b) = (try #require(result["a"]), try #require(result["b"]))
    #expect(a.isTied(to: b))
    #expect(result["running_var"]?.scalarType == .float32)
    #expect(result["count"]?.scalarType == .int64)
    #expect(throws: CheckpointError.self) { try stateDict.casting(to: .int8) }
  }

  @Test func aLargeTensorIsConvertedInPieces() throws {
    let count = 3_000_001
    let values = (0..<count).map { Float($0).bitPattern.littleEndian }
    let bytes = values.withUnsafeBytes { Array($0) }
    var stateDict = StateDict()
    stateDict["w"] = try Tensor(
      .float32, shape: [count], storage: TensorStorage(ByteRegion(bytes)))
    let cast = try #require(try stateDict.casting(to: .float64).stateDict["w"])
    var seen = 0
    var last = -1.0
    let crc32 = try cast.storage.crc32(pieces: 1 << 20) { start, piece in
      #expect(start == seen && piece.byteCount <= 1 << 20)
      seen += piece.byteCount
      last = piece.unsafeLoadUnaligned(fromByteOffset: piece.byteCount - 8, as: Double.self)
    }
    #expect(seen == 8 * count && last == Double(count - 1))
    #expect(try crc32 == cast.storage.withBytes { CRC32.of($0) })
  }
}
