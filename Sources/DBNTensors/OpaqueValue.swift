/// A part of a file that is no value of a checkpoint, kept by name so that the values around it can
/// be read: a Python object of an unknown class, or something that can't be read.
///
/// Nothing of an object is ever executed. Its fields are those of Python's `object.__reduce__`.
public struct OpaqueValue: Sendable {
  /// An item set in the object as in a mapping.
  public typealias Entry = (key: CheckpointValue, value: CheckpointValue)

  /// The class or function, as Python names it: `argparse.Namespace`; otherwise what kind of thing
  /// can't be read: `sparse tensor`, `compound dataset`.
  public var name: String
  /// Why it can't be read, as the rest of a sentence about it: "is a sparse tensor, which ...". nil
  /// for an object of an unknown class.
  public var unreadableReason: String?
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

  /// Something that can't be read: what kind of thing it is, and why, as the rest of a sentence
  /// about it.
  public static func unreadable(_ name: String, _ reason: String) -> OpaqueValue {
    var value = OpaqueValue(name)
    value.unreadableReason = reason
    return value
  }
}

extension OpaqueValue {
  /// Everything that the value consists of, except its name.
  package var parts: [CheckpointValue] {
    [
      arguments.map { .list($0) } ?? .none, state ?? .none, .list(elements),
      .list(entries.map { .tuple([$0.key, $0.value]) }),
    ]
  }

  /// Whether comparing the parts of two such values says anything: not for what could not be read
  /// at all.
  package var isComparable: Bool {
    unreadableReason == nil || arguments != nil || state != nil || !elements.isEmpty
      || !entries.isEmpty
  }
}

extension CheckpointError {
  /// No format can hold an object of an unknown class, or what could not be read.
  ///
  /// - Parameter isOfModel: whether it is in the state dict, and so is left even if that is all that
  ///   is written.
  package static func opaque(
    _ value: OpaqueValue, name: String?, isOfModel: Bool = false
  ) -> CheckpointError {
    CheckpointError(
      .cannotBeWritten, name: name,
      value.unreadableReason
        ?? "is an opaque value, a Python \(value.name), which only Python can recreate",
      advice: isOfModel
        ? "leave it out with \(.allowingLosses)"
        : "leave it out with \(.allowingLosses), or write only weights with \(.stateDictOnly)")
  }
}
