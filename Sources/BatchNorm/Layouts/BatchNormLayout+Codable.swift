/// A layout is written as its name: a file says which of the known ones it means.
extension BatchNormLayout: Codable {
  public init(from decoder: any Decoder) throws {
    let values = try decoder.singleValueContainer()
    let name = try values.decode(String.self)
    guard let layout = Self.named(name) else {
      throw DecodingError.dataCorruptedError(
        in: values, debugDescription: "there is no BatchNorm layout '\(name)'")
    }
    self = layout
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.singleValueContainer()
    try values.encode(description)
  }
}
