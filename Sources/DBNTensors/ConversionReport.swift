/// What a conversion did, thing by thing: nothing is changed or left alone in silence.
public struct ConversionReport: Sendable {
  /// One thing, and why something was or was not done to it.
  public struct Item: Sendable, Equatable {
    /// The tensor, module or entry.
    public let name: String
    /// Why, without the name.
    public let reason: String
    /// What a person can do about it; nil: nothing.
    public let advice: Guidance?

    /// A thing with a reason, and with what can be done about it.
    public init(_ name: String, _ reason: String, advice: Guidance? = nil) {
      self.name = name
      self.reason = reason
      self.advice = advice
    }

    /// The reason and the advice, if there is one.
    public var explanation: Guidance {
      Guidance(reason) + (advice.map { "; \($0)" } ?? "")
    }
  }

  /// What was converted, in the order of the file.
  public var converted: [String] = []
  /// What could have been converted and was not, and why.
  public var skipped: [Item] = []
  /// What the result no longer tells, and by how much.
  public var losses: [Item] = []
  /// What a person should know to use the result, a sentence each.
  public var notes: [Guidance] = []

  /// A report without content.
  public init() {}

  /// Whether the result can be converted back to the last bit.
  public var isLossless: Bool { losses.isEmpty }
}
