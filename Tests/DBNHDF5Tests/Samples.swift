import DBNTensors

/// Checkpoints made in memory.
enum Sample {
  /// A tensor whose bytes count up from `seed`.
  static func tensor(
    _ type: ScalarType = .float32, _ shape: [Int] = [2, 3], seed: Int = 1
  ) throws -> Tensor {
    let count = shape.reduce(type.byteCount, *)
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ seed) }
    return try Tensor(type, shape: shape, storage: TensorStorage(ByteRegion(bytes)))
  }

  static func stateDict(_ names: [String]) throws -> CheckpointDictionary {
    var dictionary = CheckpointDictionary(.orderedDict)
    for (index, name) in names.enumerated() {
      dictionary.set(.string(name), to: .tensor(try tensor(seed: index)))
    }
    return dictionary
  }

  static func mapping(
    _ entries: [(CheckpointDictionary.Key, CheckpointValue)],
    kind: CheckpointDictionary.Kind = .dict
  ) -> CheckpointValue {
    var dictionary = CheckpointDictionary(kind)
    for (key, value) in entries { dictionary.set(key, to: value) }
    return .dictionary(dictionary)
  }

  static let oddKeys = [
    "", ".", "..", "...", "/", "a/b", "//", "%", "%2F", "%2E", "%%", "\u{0}", "a\u{0}b", "é",
    "e\u{301}", "a.b", " ", "\n", "$x", "value", "kind", "0", "漢字", "🦆", "\u{7F}",
  ]

  static let values: [CheckpointValue] = [
    .none, .bool(true), .bool(false), .int(0), .int(.min), .int(.max),
    .largeInt([0, 0, 0, 0, 0, 0, 0, 0, 1]), .largeInt([0, 0, 0, 0, 0, 0, 0, 0x80, 0xFF]),
    .float(0), .float(-0.0), .float(1e300), .float(5), .float(.infinity), .float(-.infinity),
    .float(.nan), .complex(real: 1, imaginary: -0.0), .complex(real: .nan, imaginary: .infinity),
    .string(""), .string("text"), .string("a\u{0}b\u{0}"), .string("é e\u{301} 漢"), .string(" x  "),
    .bytes([]), .bytes([0, 1, 255, 0]), .byteArray([]), .byteArray([1, 2]),
    .list([]), .tuple([]), .set([]), .list([.int(1), .int(2)]), .list([.float(1), .float(.nan)]),
    .tuple([.int(3)]), .tuple([.float(0.5)]), .set([.int(1), .string("x")]),
    .list([.int(1), .float(2)]), .list([.bool(true), .int(1)]), .list([.list([.list([])])]),
    .list([.largeInt([0, 0, 0, 0, 0, 0, 0, 0, 1])]), .size([]), .size([2, 3]),
    .scalarType(.float32), .scalarType(.float8E4M3FN), .device("cpu"), .device("cuda:0"),
    mapping([]), mapping([], kind: .counter), mapping([(.string("$a"), .int(1))], kind: .counter),
    mapping([(.int(1), .string("one")), (.string("1"), .none)], kind: .orderedDict),
    mapping([(.string("$dict"), mapping([(.string(""), .none)]))]),
  ]
}

extension CheckpointDictionary.Kind {
  static let allKinds: [Self] = [.dict, .orderedDict, .counter]
}
