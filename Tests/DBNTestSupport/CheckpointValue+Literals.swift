public import DBNTensors

/// Trees of values in Python's notation: `["model": ["w": .ones(3)], "epoch": 3]`.
extension CheckpointValue: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByStringLiteral
{
  public init(dictionaryLiteral elements: (CheckpointDictionary.Key, CheckpointValue)...) {
    var dictionary = CheckpointDictionary()
    for (key, value) in elements { dictionary.set(key, to: value) }
    self = .dictionary(dictionary)
  }

  public init(arrayLiteral elements: CheckpointValue...) { self = .list(elements) }

  public init(integerLiteral value: Int) { self = .int(value) }

  public init(floatLiteral value: Double) { self = .float(value) }

  public init(stringLiteral value: String) { self = .string(value) }

  /// A float32 tensor of ones with a new storage, so not tied to others.
  public static func ones(_ shape: Int...) -> CheckpointValue {
    let count = shape.reduce(1, *)
    let tensor = try? Tensor.float32(Array(repeating: 1, count: count), shape)
    return tensor.map { .tensor($0) } ?? .none
  }
}

extension CheckpointDictionary.Key: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
  public init(stringLiteral value: String) { self = .string(value) }

  public init(integerLiteral value: Int) { self = .int(value) }
}

extension CheckpointDictionary: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (Key, CheckpointValue)...) {
    self.init()
    for (key, value) in elements { set(key, to: value) }
  }
}
