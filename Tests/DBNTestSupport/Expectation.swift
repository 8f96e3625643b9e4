public import DBNTensors
import Foundation

/// The content of a fixture's `expected.json`, and the same description of a checkpoint that was
/// read.
///
/// The fields are explained in `Fixtures/README.md`.
public enum Expectation {
  /// The tree as tagged JSON, comparable with `normalised(expected["tree"])`.
  public static func tree(_ value: CheckpointValue) throws -> JSON {
    switch value {
    case .none: .null
    case .bool(let flag): .bool(flag)
    case .int(let number): ["int": .string("\(number)")]
    case .largeInt(let bytes): ["int": .string(decimal(bytes))]
    case .float(let number): ["float": bits(number)]
    case .complex(let real, let imaginary): ["complex": [bits(real), bits(imaginary)]]
    case .string(let text): ["str": .string(text)]
    case .bytes(let bytes): ["bytes": .string(hexadecimal(bytes))]
    case .byteArray(let bytes): ["bytearray": .string(hexadecimal(bytes))]
    case .list(let elements): ["list": .array(try elements.map(tree))]
    case .tuple(let elements): ["tuple": .array(try elements.map(tree))]
    case .set(let elements): ["set": sorted(try elements.map(tree))]
    case .dictionary(let dictionary): try tree(dictionary)
    case .tensor(let tensor): ["tensor": .object(try fields(tensor))]
    case .size(let sizes): ["Size": .array(sizes.map { .int($0) })]
    case .scalarType(let type): ["dtype": .string(type.name)]
    case .device(let device): ["device": .string(device)]
    case .surrogateString(let bytes): ["surrogate_str": .string(hexadecimal(bytes))]
    case .constant(let name): ["constant": .string(name)]
    case .opaque(let value): try tree(value)
    }
  }

  private static func tree(_ dictionary: CheckpointDictionary) throws -> JSON {
    let entries = try dictionary.entries.map { entry -> JSON in
      [try tree(entry.key.value), try tree(entry.value)]
    }
    var members = [JSON.Member(dictionary.kind.rawValue, .array(entries))]
    if !dictionary.attributes.isEmpty {
      let attributes = try dictionary.attributes.map { JSON.Member($0.name, try tree($0.value)) }
      members.append(JSON.Member("attributes", .object(attributes)))
    }
    return .object(members)
  }

  private static func tree(_ value: OpaqueValue) throws -> JSON {
    if value.unreadableReason != nil { return ["unreadable": .string(value.name)] }
    var members = [JSON.Member("opaque", .string(value.name))]
    if let arguments = value.arguments {
      members.append(JSON.Member("arguments", .array(try arguments.map(tree))))
    }
    if let state = value.state { members.append(JSON.Member("state", try tree(state))) }
    if !value.elements.isEmpty {
      members.append(JSON.Member("elements", .array(try value.elements.map(tree))))
    }
    if !value.entries.isEmpty {
      let pairs = try value.entries.map { JSON.array([try tree($0.key), try tree($0.value)]) }
      members.append(JSON.Member("entries", .array(pairs)))
    }
    return .object(members)
  }

  /// The rows of `expected["tensors"]` for a state dict.
  public static func tensors(_ stateDict: StateDict) throws -> JSON {
    var firstNames: [ObjectIdentifier: String] = [:]
    return .array(
      try stateDict.tensors.map { name, tensor in
        let identity = ObjectIdentifier(tensor.storage)
        let first = firstNames[identity]
        firstNames[identity] = first ?? name
        let tie = JSON.Member("tied_to", first.map { .string($0) } ?? .null)
        return .object([JSON.Member("name", .string(name))] + (try fields(tensor)) + [tie])
      })
  }

  private static func fields(_ tensor: Tensor) throws -> [JSON.Member] {
    let digits = String(try tensor.storage.crc32(), radix: 16)
    return [
      JSON.Member("dtype", .string(tensor.scalarType.name)),
      JSON.Member("shape", .array(tensor.shape.map { .int($0) })),
      JSON.Member("crc32", .string(String(repeating: "0", count: 8 - digits.count) + digits)),
      JSON.Member("kind", .string(tensor.kind.rawValue)),
      JSON.Member("requires_grad", .bool(tensor.requiresGrad)),
    ]
  }

  /// The expected tree with floats as bit patterns and sets in the order of `tree`.
  public static func normalised(_ expected: JSON) throws -> JSON {
    switch expected {
    case .array(let elements): return .array(try elements.map(normalised))
    case .object(let members):
      return .object(
        try members.map { member in
          switch (member.name, member.value) {
          case ("float", .string(let text)): JSON.Member("float", bits(try float(text)))
          case ("complex", .array(let parts)):
            JSON.Member("complex", .array(try parts.map { bits(try float($0.string ?? "")) }))
          case ("set", .array(let elements)):
            JSON.Member("set", sorted(try elements.map(normalised)))
          default: JSON.Member(member.name, try normalised(member.value))
          }
        })
    default: return expected
    }
  }

  private static func sorted(_ elements: [JSON]) -> JSON {
    .array(elements.sorted { $0.text() < $1.text() })
  }

  private static func bits(_ number: Double) -> JSON {
    // Python can't choose a NaN's bits, so all NaNs are the same here.
    .string(number.isNaN ? "nan" : String(number.bitPattern, radix: 16))
  }

  private static func float(_ text: String) throws -> Double {
    guard let number = Double(text) else { throw CheckpointError(.invalidJSON, "float \(text)") }
    return number
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// The decimal digits of a two's complement integer, least significant byte first.
  private static func decimal(_ bytes: [UInt8]) -> String {
    let isNegative = (bytes.last ?? 0) >= 0x80
    var magnitude = bytes.map { isNegative ? ~$0 : $0 }
    if isNegative {
      for index in magnitude.indices {
        magnitude[index] &+= 1
        if magnitude[index] != 0 { break }
      }
    }
    var digits = ""
    while magnitude.contains(where: { $0 != 0 }) {
      var remainder = 0
      for index in magnitude.indices.reversed() {
        let part = remainder << 8 + Int(magnitude[index])
        magnitude[index] = UInt8(part / 10)
        remainder = part % 10
      }
      digits = "\(remainder)" + digits
    }
    return (isNegative ? "-" : "") + (digits.isEmpty ? "0" : digits)
  }
}
