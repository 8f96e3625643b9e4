internal import Tensors

/// Values as JSON text in which every type can be told from every other; for the attributes of
/// mappings, such as the `_metadata` of a state dict.
///
/// What JSON has, stands for itself: null, true, strings, integers, floats (always with a point or
/// an exponent), lists as arrays, and dicts with string keys as objects, where a key that begins
/// with `$` gets one more. Everything else is an object with a member whose name begins with one
/// `$`.
enum TaggedJSON {
  /// Levels of nesting; each takes up to three of JSON's own, whose limit is 512.
  static let depthLimit = 100

  /// The tags, by the type of the value.
  enum Tag {
    static let orderedDict = "$OrderedDict"
    static let dict = "$dict"
    static let counter = "$Counter"
    static let attributes = "$attributes"
    static let tuple = "$tuple"
    static let set = "$set"
    static let int = "$int"
    static let float = "$float"
    static let complex = "$complex"
    static let bytes = "$bytes"
    static let byteArray = "$bytearray"
    static let size = "$Size"
    static let scalarType = "$dtype"
    static let device = "$device"
  }

  static func tooDeep(_ name: String) -> CheckpointError {
    CheckpointError(
      .limitExceeded, name: name, "attributes are nested more than \(depthLimit) levels deep")
  }
}

extension CheckpointDictionary.Kind {
  var tag: String { "$" + rawValue }
}
