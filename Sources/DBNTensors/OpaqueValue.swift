/// A Python object of an unknown class: the class's name, and what the object would be built from.
///
/// Nothing of it is ever executed; it is kept so that the values around it can be read. The fields
/// are those of Python's `object.__reduce__`.
public struct OpaqueValue: Sendable {
  /// An item set in the object as in a mapping.
  public typealias Entry = (key: CheckpointValue, value: CheckpointValue)

  /// The class or function, as Python names it: `argparse.Namespace`.
  public var name: String
  /// The arguments of the call; nil if the value is the class or function itself.
  public var arguments: [CheckpointValue]?
  /// The instance's attributes, most often a dictionary.
  public var state: CheckpointValue?
  /// The appended elements, if it is a kind of list.
  public var elements: [CheckpointValue]
  /// The items that were set, if it is a kind of dictionary; keys can be of any type.
  public var entries: [Entry]

  /// A value of a class that is named and never instantiated.
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
  /// A format cannot hold an object of an unknown class.
  package static func opaque(_ value: OpaqueValue, name: String?) -> CheckpointError {
    CheckpointError(
      .cannotBeWritten, name: name,
      "is an opaque value, a Python \(value.name), which only Python can recreate",
      advice: "leave it out with \(.allowingLosses), or write only weights with \(.stateDictOnly)")
  }
}
