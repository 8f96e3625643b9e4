public import DBNTensors

extension CheckpointError.Code {
  /// The file does not start like a `.npy` file.
  public static let notNumPy = Self("not-numpy")
  /// The version of the `.npy` format is unknown.
  public static let numPyVersion = Self("numpy-version")
  /// The header is not the dictionary that the format requires.
  public static let numPyHeader = Self("numpy-header")
  /// The array holds Python objects, which are pickles.
  public static let numPyObjects = Self("numpy-objects")
  /// The elements have a type that no tensor has: dates, structures.
  public static let numPyType = Self("numpy-type")
  /// The number of bytes of an array does not match its shape.
  public static let numPySize = Self("numpy-size")
}
