/// A Python object of a class that is unknown here: its name, and what it was to be made from.
///
/// Nothing of it is ever executed; it is kept so that what stands beside it can be had. The fields
/// are those of Python's `object.__reduce__`.
public struct OpaqueValue: Sendable {
  /// An item that was set in the object as in a mapping.
  public typealias Entry = (key: CheckpointValue, value: CheckpointValue)

  /// The class or function, as Python names it: `argparse.Namespace`.
  public var name: String
  /// What it was called with; nil where the value is the class or function itself.
  public var arguments: [CheckpointValue]?
  /// The instance's attributes, most often a dictionary.
  public var state: CheckpointValue?
  /// What was appended to it, of a kind of list.
  public var elements: [CheckpointValue]
  /// What was set in it, of a kind of dictionary; keys can be of any type.
  public var entries: [Entry]

  /// A value of a class that is named and never made.
  public init(
    _ name: String, arguments: [CheckpointValue]? = nil, state: CheckpointValue? = nil,
    elements: [CheckpointValue] = [], entries: [Entry] = []
  ) {
    self.name = name
    self.arguments = arguments
    self.state = state
    self.elements = elements
    self.entries = entries
  }
}

extension CheckpointError {
  /// A format has no place for an object of an unknown class.
  package static func opaque(_ value: OpaqueValue, name: String?) -> CheckpointError {
    CheckpointError(
      .cannotBeWritten, name: name,
      "is an opaque value, a Python \(value.name), which only Python can make again",
      advice: "leave it out with \(.allowingLosses), or all but the weights with \(.stateDictOnly)")
  }
}
