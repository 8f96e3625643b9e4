public import DBNTensors

/// A weight file of Keras that shows how another is to be written, so that Keras' `load_weights` loads
/// it: the groups, their attributes, and the names and axes of the weights.
public struct KerasTemplate: Sendable {
  /// The weights under the file's names.
  let stateDict: StateDict
  let structure: KerasStructure

  /// Reads a `.weights.h5`, or an older `.h5` with the weights or the whole model. `.keras` archives
  /// are read by `Transformation.likeKeras(opening:)`.
  ///
  /// - Parameter limitFactor: how many times the usual time and memory the file may cost.
  /// - Throws: `notKeras` for any other file; errors of reading.
  public init(opening path: String, limitFactor: Int = 1) throws(CheckpointError) {
    do throws(CheckpointError) {
      let file = try MappedFile.open(path)
      self = try Budget(byteCount: file.count, factor: limitFactor).whileReading {
        () throws(CheckpointError) in try Self(weights: file)
      }
    } catch {
      throw error.with(path: path)
    }
  }

  /// Reads the weights of a `.keras` archive or of a file.
  ///
  /// - Parameter configuration: the bytes of the archive's `config.json`.
  /// - Throws: as `init(opening:)`, without the path.
  package init(
    weights: ByteRegion, configuration: ByteRegion? = nil
  ) throws(CheckpointError) {
    guard HDF5Checkpoint.recognises(weights) else { throw Self.notKeras }
    let file = HDF5File(weights)
    let catalog = try file.catalog.get()
    guard KerasFile(catalog).isRecognised,
      let stateDict = try HDF5Checkpoint.read(file, kerasConfiguration: configuration)
        .root.dictionary.flatMap({ StateDict($0) })
    else { throw Self.notKeras }
    self.stateDict = stateDict
    structure = KerasStructure(catalog)
  }

  private static var notKeras: CheckpointError {
    CheckpointError(
      .notKeras, "is not a weight file of Keras",
      advice: "give a .keras, .weights.h5 or .h5 that the model has saved")
  }
}

/// The groups of a Keras file with their attributes, and the paths of its weights. A state dict that
/// is to be written as a Keras file has it as an attribute.
struct KerasStructure: Sendable {
  /// The state dict's attribute.
  static let attribute = "keras_file"
  private static let groups = "groups"
  private static let weights = "weights"

  private let dictionary: CheckpointDictionary

  init(_ catalog: Catalog) {
    var (groups, weights) = (CheckpointDictionary(), CheckpointDictionary())
    for group in catalog.groups where !Self.isOfOptimizer(group.path) {
      var attributes = CheckpointDictionary()
      for attribute in group.attributes {
        if let value = attribute.value.checkpointValue {
          attributes.set(.string(attribute.name), to: value)
        }
      }
      groups.set(.string(group.path), to: .dictionary(attributes))
    }
    for dataset in catalog.datasets where !Self.isOfOptimizer(dataset.path) {
      let key = dataset.path.replacing("/", with: ".")
      weights.set(.string(key), to: .string(dataset.path))
    }
    var dictionary = CheckpointDictionary()
    dictionary.set(.string(Self.groups), to: .dictionary(groups))
    dictionary.set(.string(Self.weights), to: .dictionary(weights))
    self.dictionary = dictionary
  }

  /// - Returns: nil for a state dict that is not to be written as a Keras file.
  init?(of stateDict: CheckpointDictionary) {
    let found = stateDict.attributes.first { $0.name == Self.attribute }?.value.dictionary
    guard let found else { return nil }
    dictionary = found
  }

  var value: CheckpointValue { .dictionary(dictionary) }

  /// The path of the weight with a key.
  func path(of key: String) -> String? {
    guard case .string(let path)? = dictionary[Self.weights]?.dictionary?[key] else { return nil }
    return path
  }

  /// The groups by path, in the file's order, the root first.
  var groups: [(path: String, attributes: [Catalog.Attribute])] {
    (dictionary[Self.groups]?.dictionary?.entries ?? []).compactMap { entry in
      guard let path = entry.key.string else { return nil }
      let attributes = (entry.value.dictionary?.entries ?? []).compactMap { attribute in
        attribute.key.string.flatMap { name in
          Catalog.Attribute.Value(attribute.value).map { Catalog.Attribute(name, $0) }
        }
      }
      return (path, attributes)
    }
  }

  private static func isOfOptimizer(_ path: String) -> Bool {
    KerasFile.isOfOptimizer(path.split(separator: "/"))
  }
}

extension Catalog.Attribute.Value {
  fileprivate init?(_ value: CheckpointValue) {
    switch value {
    case .string(let text): self = .string(text)
    case .int(let number): self = .int(number)
    case .float(let number): self = .float(number)
    case .bool(let flag): self = .bool(flag)
    case .list(let elements):
      let texts = elements.compactMap { element -> String? in
        if case .string(let text) = element { text } else { nil }
      }
      guard texts.count == elements.count else { return nil }
      self = .strings(texts)
    default: return nil
    }
  }

  fileprivate var checkpointValue: CheckpointValue? {
    switch self {
    case .string(let text): .string(text)
    case .int(let number): .int(number)
    case .float(let number): .float(number)
    case .bool(let flag): .bool(flag)
    case .strings(let texts): .list(texts.map { .string($0) })
    case .other, .unreadable: nil
    }
  }
}
