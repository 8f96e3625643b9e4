public import DBNTensors

extension CheckpointError.Code {
  /// The file does not start as a `.npy` file does.
  public static let notNumPy = Self("not-numpy")
  /// A version of the `.npy` format that is not known.
  public static let numPyVersion = Self("numpy-version")
  /// A header that is not the dictionary that the format wants.
  public static let numPyHeader = Self("numpy-header")
  /// An array of Python objects, which are pickles.
  public static let numPyObjects = Self("numpy-objects")
  /// Elements of a type that no tensor has: text, dates, structures.
  public static let numPyType = Self("numpy-type")
  /// The bytes of an array are not as many as its shape needs.
  public static let numPySize = Self("numpy-size")
}
