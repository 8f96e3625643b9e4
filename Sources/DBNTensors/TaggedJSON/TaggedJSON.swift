/// Values as JSON in which every type can be told from every other: for formats that have no values
/// of their own beside tensors, or none in some place.
///
/// What JSON has, stands for itself: null, true, strings, integers, floats (always with a point or
/// an exponent), lists as arrays, and dicts with string keys as objects, where a key that begins
/// with `$` gets one more. Everything else is an object with a member whose name begins with one
/// `$`. What stands for a tensor, if anything can, is for the format to say. Specified in
/// docs/hdf5-schema.md.
package struct TaggedJSON {
  /// The member by which an object stands for a tensor; the first one.
  package static let tensorTag = "$tensor"

  /// What stands for a tensor; the name is for errors.
  let json: (_ tensor: Tensor, _ name: String) throws(CheckpointError) -> JSON
  /// The tensor that an object with `tensorTag` stands for.
  let tensor: (_ json: JSON, _ name: String) throws(CheckpointError) -> Tensor
  /// The error for JSON of another form, by the name of the place.
  let invalid: (_ name: String) -> CheckpointError
  /// The same text, if it is known, which shares its memory: keys often are tensors' names too.
  let shared: (_ key: String) -> String

  package init(
    json: @escaping (_ tensor: Tensor, _ name: String) throws(CheckpointError) -> JSON,
    tensor: @escaping (_ json: JSON, _ name: String) throws(CheckpointError) -> Tensor,
    invalid: @escaping (_ name: String) -> CheckpointError,
    shared: @escaping (_ key: String) -> String = { $0 }
  ) {
    self.json = json
    self.tensor = tensor
    self.invalid = invalid
    self.shared = shared
  }

  /// The tags, by the type of the value.
  enum Tag {
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
      .limitExceeded, name: name, "is nested more than \(CheckpointLimits.depth) levels deep")
  }
}

extension CheckpointDictionary.Kind {
  var tag: String { "$" + rawValue }
}
