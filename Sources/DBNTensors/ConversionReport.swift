/// What a conversion did, item by item: nothing is changed or skipped silently.
public struct ConversionReport: Sendable {
  /// A tensor, module or entry, and why it was or was not changed.
  public struct Item: Sendable, Equatable {
    /// The tensor, module or entry.
    public let name: String
    /// The reason, without the name.
    public let reason: String
    /// What the user can do about it; nil if nothing.
    public let advice: Guidance?

    /// An item with a reason, and with what can be done about it.
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

  /// What was converted, in file order.
  public var converted: [String] = []
  /// What could have been converted but was not, and why.
  public var skipped: [Item] = []
  /// What the result no longer contains, and how much of it.
  public var losses: [Item] = []
  /// What the user should know to use the result, one sentence each.
  public var notes: [Guidance] = []

  /// An empty report.
  public init() {}

  /// Whether the result can be converted back bit for bit.
  public var isLossless: Bool { losses.isEmpty }
}
