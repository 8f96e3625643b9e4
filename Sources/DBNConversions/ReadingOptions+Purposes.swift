import DBNTensors

extension ReadingOptions {
  /// For files that are used with the model: samples, inputs, and the graph of a model. They may cost
  /// as many times the usual as the model's. Whether such a file is a part makes no difference to what
  /// is read from it.
  var besideTheModel: ReadingOptions {
    var options = ReadingOptions(acceptsParts: true)
    options.limitFactor = limitFactor
    return options
  }

  /// For a file that was just written: a part that was converted is still a part, and the values cost
  /// as much as those that were read, from what may be a larger file.
  static let justWritten: ReadingOptions = {
    var options = ReadingOptions(acceptsParts: true)
    options.limitFactor = 1 << 20
    return options
  }()
}
