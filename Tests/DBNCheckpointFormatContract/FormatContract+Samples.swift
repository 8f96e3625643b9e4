public import DBNTensors

extension FormatContract {
  /// A tensor whose bytes count up from `seed`.
  public static func makeTensor(
    _ type: ScalarType = .float32, _ shape: [Int] = [2, 3], seed: Int = 1
  ) throws -> Tensor {
    let count = shape.reduce(type.byteCount, *)
    let bytes = (0..<count).map { index in
      type == .bool ? UInt8((index + seed) % 2) : UInt8(truncatingIfNeeded: index &* 7 &+ seed)
    }
    return try Tensor(type, shape: shape, storage: TensorStorage(ByteRegion(bytes)))
  }

  /// A tensor whose elements have each bit set or cleared alone, and runs of bits set: for floats
  /// these include infinities, NaNs with payloads, subnormals and negative zero.
  static func bitPatterns(_ type: ScalarType) throws -> Tensor {
    if type == .bool { return try makeTensor(.bool, [16]) }
    let bitCount = type.byteCount * 8
    var patterns = (0..<bitCount).map { bit in
      (0..<type.byteCount).map { $0 == bit / 8 ? UInt8(1) << (bit % 8) : 0 }
    }
    patterns += patterns.map { $0.map(~) }
    patterns += (0..<bitCount).map { bit in
      (0..<type.byteCount).map { $0 < bit / 8 ? 0 : $0 == bit / 8 ? 0xFF << (bit % 8) : 0xFF }
    }
    let bytes = TensorStorage(ByteRegion(patterns.flatMap(\.self)))
    return try Tensor(type, shape: [patterns.count], storage: bytes)
  }

  /// A mapping of these names to different tensors.
  public static func stateDict(_ names: [String]) throws -> CheckpointDictionary {
    var dictionary = CheckpointDictionary(.orderedDict)
    for (index, name) in names.enumerated() {
      dictionary.set(.string(name), to: .tensor(try makeTensor(seed: index)))
    }
    return dictionary
  }

  public static func mapping(
    _ entries: [(CheckpointDictionary.Key, CheckpointValue)],
    _ kind: CheckpointDictionary.Kind = .dict
  ) -> CheckpointValue {
    var dictionary = CheckpointDictionary(kind)
    for (key, value) in entries { dictionary.set(key, to: value) }
    return .dictionary(dictionary)
  }

  /// Names that have a meaning in some format.
  public static let oddNames = [
    "", ".", "..", "...", "/", "a/b", "//", "%", "%2F", "%2E", "%%", "\u{0}", "a\u{0}b", "é",
    "e\u{301}", "a.b", " ", "\n", "\r\t\u{8}", "\"\\", "$x", "$$", "$tensor", "__metadata__",
    "dbn-checkpoint", "value", "kind", "0", "漢字", "🦆", "\u{7F}", "\u{2028}", "a~2", "a",
  ]

  /// An entry for every kind of key, and strings that look like them.
  static let otherKeys: [(CheckpointDictionary.Key, CheckpointValue)] =
    [
      CheckpointValue.none, .bool(true), .bool(false), .float(0.5), .float(-0.0), .float(.nan),
      .tuple([]), .tuple([.int(0), .string("a/b%")]), .tuple([.tuple([.none]), .float(1)]),
      .bytes([0, 255]), .scalarType(.float16), .device("cuda:0"), .size([2, 3]),
      .largeInt([0, 0, 0, 0, 0, 0, 0, 0, 1]), .complex(real: 1, imaginary: 2),
      .constant("torch.strided"), .surrogateString([0xED, 0xA0, 0x80]), .int(7), .string("7"),
      .string("null"), .string("%$null"), .string("(0, 'a/b%')"),
    ].enumerated().compactMap { index, value in
      CheckpointDictionary.Key(value).map { ($0, .int(index)) }
    }

  /// Values of every kind except tensors.
  public static let values: [CheckpointValue] = [
    .none, .bool(true), .bool(false), .int(0), .int(.min), .int(.max),
    .largeInt([0, 0, 0, 0, 0, 0, 0, 0, 1]), .largeInt([0, 0, 0, 0, 0, 0, 0, 0x7F, 0xFF]),
    .float(0), .float(-0.0), .float(1e300), .float(5), .float(.leastNonzeroMagnitude),
    .float(.infinity), .float(-.infinity), .float(.nan), .float(-.nan),
    .float(Double(bitPattern: 0x7FF8_0000_0000_0001)),
    .complex(real: 1, imaginary: -0.0), .complex(real: .nan, imaginary: .infinity),
    .string(""), .string("text"), .string("a\u{0}b\u{0}"), .string("é e\u{301} 漢"), .string(" x  "),
    .bytes([]), .bytes([0, 1, 255, 0]), .byteArray([]), .byteArray([1, 2]),
    .list([]), .tuple([]), .set([]), .list([.int(1), .int(2)]), .list([.float(1), .float(.nan)]),
    .tuple([.int(3)]), .tuple([.float(0.5)]), .set([.int(1), .string("x")]),
    .list([.int(1), .float(2)]), .list([.bool(true), .int(1)]), .list([.list([.list([])])]),
    .list([.largeInt([0, 0, 0, 0, 0, 0, 0, 0, 1])]), .size([]), .size([2, 3]),
    .scalarType(.float32), .scalarType(.float8E4M3FN), .device("cpu"), .device("cuda:0"),
    .constant("torch.strided"), .constant("torch.per_tensor_affine"), .constant("torch.qint8"),
    .surrogateString([0x61, 0xED, 0xB2, 0x80]), mapping(otherKeys), mapping(otherKeys, .counter),
    mapping([]), mapping([], .counter), mapping([(.string("$a"), .int(1))], .counter),
    mapping([(.int(1), .string("one")), (.string("1"), .none)], .orderedDict),
    mapping([(.string("$tensor"), mapping([(.string(""), .none)]))]),
  ]
}
