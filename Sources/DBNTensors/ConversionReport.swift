/// What a conversion did, thing by thing: nothing is changed or left alone in silence.
public struct ConversionReport: Sendable {
  /// A thing and what there is to say of it.
  public struct Item: Sendable, Equatable {
    /// The thing, by its name in the state dict.
    public let name: String
    /// Why, or what, in words.
    public let reason: String

    /// A thing with a reason.
    public init(_ name: String, _ reason: String) {
      self.name = name
      self.reason = reason
    }
  }

  /// What was converted, in the order of the file.
  public var converted: [String] = []
  /// What could have been converted and was not, and why.
  public var skipped: [Item] = []
  /// What the result no longer tells, and by how much.
  public var losses: [Item] = []
  /// What a person should know to use the result, a sentence each.
  public var notes: [String] = []

  /// A report without content.
  public init() {}

  /// Whether the result can be converted back to the last bit.
  public var isLossless: Bool { losses.isEmpty }
}
