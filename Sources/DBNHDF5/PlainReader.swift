internal import DBNTensors

/// Reads a file without the schema: every dataset becomes an entry of one ordered dictionary, named
/// by its path with dots.
struct PlainReader {
  private var resolver: CatalogResolver
  private var contents: DatasetContents
  private var stateDict = CheckpointDictionary(.orderedDict)
  private var notes: [Guidance] = []
  private var emptyGroups = (count: 0, first: [String]())
  /// How many of the file's attributes are attributes of the state dict.
  private var keptAttributes = 0
  private var openGroups: Set<Int> = []
  private var visits = 0
  private let entryLimit: Int

  static func read(_ catalog: Catalog, _ file: ByteRegion) throws(CheckpointError) -> Checkpoint {
    var reader = PlainReader(
      resolver: CatalogResolver(catalog),
      contents: DatasetContents(catalog, file))
    reader.stateDict.reserveCapacity(catalog.datasets.count)
    try reader.read(group: 0, prefix: "", depth: 0)
    let keras = KerasFile(catalog)
    reader.putFirst(keras.order)
    let settings =
      keras.isRecognised ? reader.addFacts(of: keras, path: file.path) : BatchNormSettingsTable()
    reader.noteAttributes()
    reader.noteEmptyGroups()
    return Checkpoint(
      root: .dictionary(reader.stateDict), notes: reader.notes, batchNormSettings: settings)
  }

  private init(resolver: CatalogResolver, contents: DatasetContents) {
    self.resolver = resolver
    self.contents = contents
    entryLimit = contents.catalog.entryLimit
  }

  private var catalog: Catalog { contents.catalog }

  private mutating func read(
    group place: Int, prefix: String, depth: Int
  ) throws(CheckpointError) {
    let group = catalog.groups[place]
    try enter(place, depth: depth, name: prefix)
    defer { openGroups.remove(place) }
    if group.links.isEmpty, depth > 0 { count(emptyGroup: group.path) }
    for link in group.links {
      visits += 1
      guard visits <= entryLimit else {
        throw CheckpointError(
          .limitExceeded, name: prefix,
          "groups are linked from so many places that the entries can't be counted")
      }
      let name = prefix + link.name
      switch try resolver.object(link, in: place) {
      case .group(let child): try read(group: child, prefix: name + ".", depth: depth + 1)
      case .dataset(let dataset): try add(dataset, name: name)
      case .namedType: throw CheckpointError.namedType(name)
      }
    }
  }

  private mutating func enter(
    _ place: Int, depth: Int, name: String
  ) throws(CheckpointError) {
    guard openGroups.insert(place).inserted else { throw CheckpointError.groupCycle(name) }
    guard depth <= CheckpointLimits.depth else { throw CheckpointError.tooDeep(name) }
  }

  private mutating func add(_ place: Int, name: String) throws(CheckpointError) {
    guard !stateDict.contains(.string(name)) else {
      throw CheckpointError(
        .duplicateKey, name: name, "two datasets have this name once groups are joined with dots",
        advice: "rename one of them")
    }
    let value: CheckpointValue
    switch catalog.datasets[place].type {
    case _ where catalog.datasets[place].shape == nil: value = .none
    case .fixedString, .variableString: value = try contents.text(place)
    default: value = .tensor(try contents.tensor(place))
    }
    stateDict.set(.string(name), to: value)
  }

  /// Puts the datasets at these paths before all others.
  private mutating func putFirst(_ paths: [String]) {
    guard !paths.isEmpty else { return }
    let names = paths.map { CheckpointDictionary.Key.string($0.replacing("/", with: ".")) }
    var ordered = CheckpointDictionary(stateDict.kind)
    for key in names + stateDict.entries.map(\.key) {
      if !ordered.contains(key), let value = stateDict[key] { ordered.set(key, to: value) }
    }
    stateDict = ordered
  }

  private mutating func count(emptyGroup path: String) {
    emptyGroups.count += 1
    if emptyGroups.count <= 3 { emptyGroups.first.append("'\(path.visible())'") }
  }

  private mutating func noteEmptyGroups() {
    guard emptyGroups.count > 0 else { return }
    let isOne = emptyGroups.count == 1
    let names = emptyGroups.first.joined(separator: ", ") + (emptyGroups.count > 3 ? ", ..." : "")
    notes.append(
      "\(emptyGroups.count) HDF5 \(isOne ? "group is" : "groups are") empty: left out (\(names))")
  }

  /// Keeps what a file of Keras says of its layers as attributes of the state dict.
  ///
  /// - Returns: what it says of BatchNorms.
  private mutating func addFacts(
    of keras: KerasFile, path: String?
  ) -> BatchNormSettingsTable {
    if let (text, source) = keras.configuration(path: path) {
      do throws(CheckpointError) {
        _ = try KerasConfiguration(parsing: text)
        stateDict.attributes.append((KerasConfiguration.attribute, .string(text)))
        if source == KerasFile.archivedConfiguration {
          notes.append("what the layers are is read from \(source) beside the file")
        } else {
          keptAttributes += 1
        }
      } catch {
        notes.append(
          "\(source), which says what the layers are, can't be read: \(error.reason)")
      }
    }
    var names = keras.names
    keptAttributes += names.entries.count
    for layer in keras.flatteningLayers { names.set(.string(layer), to: .string(layer)) }
    if !names.entries.isEmpty {
      stateDict.attributes.append((KerasFacts.namesAttribute, .dictionary(names)))
    }
    guard let layers = StateDict(stateDict) else { return BatchNormSettingsTable() }
    let settings = KerasSettings(layers)
    notes += settings.notes
    return settings.table
  }

  private mutating func noteAttributes() {
    let count =
      -keptAttributes + catalog.groups.reduce(0) { $0 + $1.attributes.count }
      + catalog.datasets.reduce(0) { $0 + $1.attributes.count }
    guard count > 0 else { return }
    notes.append("\(count) HDF5 attributes are not part of a state dict: left out")
  }
}

extension CheckpointError {
  static func groupCycle(_ name: String) -> CheckpointError {
    CheckpointError(
      .groupCycle, name: name, "the group contains itself",
      advice: "remove the link that leads back to it")
  }

  static func namedType(_ name: String) -> CheckpointError {
    CheckpointError(
      .unsupportedElementType, name: name, "is a named type, which holds no data",
      advice: "remove it")
  }

  static func tooDeep(_ name: String) -> CheckpointError {
    CheckpointError(
      .limitExceeded, name: name, "is nested more than \(CheckpointLimits.depth) levels deep")
  }
}
