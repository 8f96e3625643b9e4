/// Values as JSON that preserves every type: for formats that can store only tensors, or store
/// other values only in some places.
///
/// JSON's own types are written directly: null, booleans, strings, integers, floats (always with a
/// point or an exponent), lists as arrays, and dicts with string keys as objects, where a key that
/// begins with `$` gets another `$`. Everything else is an object with a member whose name begins
/// with a single `$`. How tensors are represented, if at all, is up to the format. Specified in
/// docs/hdf5-schema.md.
package struct TaggedJSON {
  /// The name of the first member of an object that stands for a tensor.
  package static let tensorTag = "$tensor"

  /// The JSON that stands for a tensor; the name is for errors.
  let json: (_ tensor: Tensor, _ name: String) throws(CheckpointError) -> JSON
  /// The tensor that an object with `tensorTag` stands for.
  let tensor: (_ json: JSON, _ name: String) throws(CheckpointError) -> Tensor
  /// The error for JSON of another form; the name is of what holds it.
  let invalid: (_ name: String) -> CheckpointError
  /// An equal string that already exists, to share its memory: keys are often names of tensors too.
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
    static let constant = "$constant"
    static let surrogateString = "$surrogate_str"
  }

  static func tooDeep(_ name: String) -> CheckpointError {
    CheckpointError(
      .limitExceeded, name: name, "is nested more than \(CheckpointLimits.depth) levels deep")
  }
}

extension CheckpointDictionary.Kind {
  var tag: String { "$" + rawValue }
}
