internal import DBNTensors

extension Schema {
  /// The kind of a group or dataset: the values of the attribute `kind`, which docs/hdf5-schema.md
  /// lists.
  enum Kind: String {
    case dict
    case orderedDict = "OrderedDict"
    case counter = "Counter"
    case list
    case tuple
    case set

    case tensor
    case parameter
    case buffer

    case null = "None"
    case bool
    case int
    case float
    case complex
    case string = "str"
    case bytes
    case byteArray = "bytearray"
    case size = "Size"
    case scalarType = "dtype"
    case device
    case constant
    case surrogateString = "surrogate_str"

    /// A root value that is a dataset: the root group has a single link, `Schema.value`.
    case value
  }
}

extension Schema.Kind {
  /// - Parameter name: the path of the value, for errors.
  /// - Throws: `cannotBeWritten` for an opaque object, for which the schema has no kind.
  init(_ value: CheckpointValue, name: @autoclosure () -> String) throws(CheckpointError) {
    switch value {
    case .none: self = .null
    case .bool: self = .bool
    case .int, .largeInt: self = .int
    case .float: self = .float
    case .complex: self = .complex
    case .string: self = .string
    case .bytes: self = .bytes
    case .byteArray: self = .byteArray
    case .list: self = .list
    case .tuple: self = .tuple
    case .set: self = .set
    case .dictionary(let dictionary): self.init(dictionary.kind)
    case .tensor(let tensor): self.init(tensor.kind)
    case .size: self = .size
    case .scalarType: self = .scalarType
    case .device: self = .device
    case .constant: self = .constant
    case .surrogateString: self = .surrogateString
    case .opaque(let object): throw .opaque(object, name: name())
    }
  }

  init(_ kind: CheckpointDictionary.Kind) {
    switch kind {
    case .dict: self = .dict
    case .orderedDict: self = .orderedDict
    case .counter: self = .counter
    }
  }

  init(_ kind: Tensor.Kind) {
    switch kind {
    case .tensor: self = .tensor
    case .parameter: self = .parameter
    case .buffer: self = .buffer
    }
  }

  /// The kind of mapping for a group of this kind; nil if it is not a mapping.
  var dictionaryKind: CheckpointDictionary.Kind? {
    switch self {
    case .dict: .dict
    case .orderedDict: .orderedDict
    case .counter: .counter
    default: nil
    }
  }

  /// The kind of tensor for a dataset of this kind; nil if it is not a tensor.
  var tensorKind: Tensor.Kind? {
    switch self {
    case .tensor: .tensor
    case .parameter: .parameter
    case .buffer: .buffer
    default: nil
    }
  }
}
