package import DBNTensors

extension ReadingOptions {
  /// How files that are used with the model are read: samples, inputs, and the graph of a model. Whether
  /// such a file is one of several makes no difference to what is taken from it.
  package static let besideTheModel = ReadingOptions(acceptsParts: true)

  /// How a file is read that was just written: a part that was converted is still a part.
  static let justWritten = ReadingOptions(acceptsParts: true)
}
