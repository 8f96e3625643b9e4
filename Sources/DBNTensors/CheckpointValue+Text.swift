extension CheckpointValue {
  /// A short text for people: the value of a scalar, the type of everything else.
  public var scalarText: String {
    switch self {
    case .none: "None"
    case .bool(let flag): flag ? "True" : "False"
    case .int(let number): "\(number)"
    case .float(let number): "\(number)"
    case .complex(let real, let imaginary): "(\(real), \(imaginary))"
    case .string(let text): "\"\(text.visible())\""
    case .surrogateString(let bytes): "\"\(String(decoding: bytes, as: UTF8.self).visible())\""
    case .size(let sizes): "Size(\(sizes))"
    case .scalarType(let type): type.name
    case .device(let device): device.visible()
    case .constant(let name): name.visible()
    case .opaque(let value): value.unreadableReason ?? "opaque"
    case .tensor(let tensor): "\(tensor.scalarType.name) \(tensor.shape)"
    case .largeInt(let bytes): "integer of \(bytes.count) bytes"
    case .bytes(let bytes), .byteArray(let bytes): "\(bytes.count) bytes"
    case .list, .tuple, .set: "\(typeName) of \(elements?.count ?? 0)"
    case .dictionary(let dictionary): "\(typeName) of \(dictionary.entries.count)"
    }
  }
}
