package import DBNTensors

extension JSON {
  /// With about one in so many values replaced or left out.
  package func damaged(with generator: inout SeededGenerator, oneIn rate: Int = 20) -> JSON {
    if Int.random(in: 0..<rate, using: &generator) == 0 {
      let others: [JSON] = [
        .null, .bool(true), .int(-1), .int(.max), .int(0), .double(0.5), .string("x"), .array([]),
        .object([]), .string(""), .int(1 << 40),
      ]
      return others.randomElement(using: &generator) ?? .null
    }
    switch self {
    case .array(let elements):
      return .array(elements.map { $0.damaged(with: &generator, oneIn: rate) })
    case .object(let members):
      return .object(
        members.map { .init($0.name, $0.value.damaged(with: &generator, oneIn: rate)) })
    default: return self
    }
  }
}
