import DBNExecution
import DBNModels
import DBNTensors
import DBNTestSupport
import DBNTorch
import Testing

/// What PyTorch computed, of a `.pth` that has a dictionary of tensors for each case.
struct RecordedOutputs {
  private let tensors: [String: Tensor]

  init(_ fixture: Fixture, _ file: String, _ name: String) throws {
    let root = try TorchCheckpoint.read(MappedFile.open(fixture.file(file))).root
    let dictionary = try #require(root.dictionary?[name]?.dictionary)
    let stateDict = try #require(StateDict(dictionary))
    tensors = Dictionary(
      stateDict.tensors.map { ($0.name, $0.tensor) }, uniquingKeysWith: { $1 })
  }

  var names: Set<String> { Set(tensors.keys) }

  /// The shape of the input.
  var input: [Int] { get throws { try #require(tensors["input"]).integers() } }

  /// The largest difference from the values recorded, infinite where there is another number of them
  /// or a NaN; as it is, and divided by the largest value.
  func error(
    of values: some Collection<Double>, _ name: String
  ) throws -> (absolute: Double, relative: Double) {
    let expected = try #require(tensors[name], "\(name)").doubles()
    guard values.count == expected.count, !expected.isEmpty else { return (.infinity, .infinity) }
    var (error, scale) = (0.0, 0.0)
    for (value, wanted) in zip(values, expected) {
      let difference = abs(value - wanted)
      if !(difference <= error) { error = difference.isFinite ? difference : .infinity }
      scale = max(scale, abs(wanted))
    }
    return (error, error / scale)
  }

  /// The same of an output, whose shape must be the one recorded. Of a large one every 61st value is.
  func error(
    of output: DenseArray, _ name: String
  ) throws -> (absolute: Double, relative: Double) {
    guard let shape = try tensors["output"]?.integers() else {
      try #require(output.shape == tensors[name]?.shape)
      return try error(of: output.values, name)
    }
    try #require(output.shape == shape)
    let places = stride(from: 0, to: output.values.count, by: 61)
    return try error(of: places.map { output.values[$0] }, name)
  }
}
