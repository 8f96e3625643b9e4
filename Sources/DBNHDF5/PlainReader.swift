internal import DBNTensors

/// Reads a file without the schema: every dataset becomes an entry of one ordered dictionary, under
/// its path with dots as separators.
struct PlainReader {
  private var walk: GroupWalk
  private var contents: DatasetContents
  private var stateDict = CheckpointDictionary(.orderedDict)
  private var notes: [Guidance] = []
  private var remarks: Remarks
  /// How many of the file's attributes were kept as attributes of the state dict.
  private var keptAttributes = 0

  /// - Parameter kerasConfiguration: the bytes of `config.json` of a `.keras` archive, if the file is
  ///   the weights of one.
  static func read(
    _ catalog: Catalog, _ file: ByteRegion, kerasConfiguration: ByteRegion? = nil
  ) throws(CheckpointError) -> Checkpoint {
    let keras = KerasFile(catalog, archivedConfiguration: kerasConfiguration)
    var reader = PlainReader(
      walk: GroupWalk(catalog, of: file),
      contents: DatasetContents(catalog, file, isKeras: keras.isRecognised))
    reader.stateDict.reserveCapacity(catalog.datasets.count)
    try reader.read(group: 0, prefix: "")
    reader.putFirst(keras.order.map { $0.replacing("/", with: ".") })
    let settings =
      keras.isRecognised ? reader.addFacts(of: keras, path: file.path) : BatchNormSettingsTable()
    reader.noteAttributes()
    reader.noteRemarks()
    return Checkpoint(
      root: .dictionary(reader.stateDict), notes: reader.notes, batchNormSettings: settings)
  }

  private init(walk: GroupWalk, contents: DatasetContents) {
    self.walk = walk
    self.contents = contents
    remarks = contents.catalog.remarks
  }

  private var catalog: Catalog { contents.catalog }

  private mutating func read(group index: Int, prefix: String) throws(CheckpointError) {
    let group = catalog.groups[index]
    try walk.enter(index, name: prefix)
    defer { walk.leave(index) }
    if group.links.isEmpty, index > 0 { remarks.add(.emptyGroup, group.path) }
    for link in group.links {
      let name = prefix + link.name
      do throws(CheckpointError) {
        switch try walk.follow(link, in: index, name: name) {
        case .group(let child): try read(group: child, prefix: name + ".")
        case .dataset(let dataset): try add(value(dataset), name: name)
        }
      } catch {
        let value = OpaqueValue(unreadable: error, isSalvaged: catalog.isSalvaged)
        guard let value else { throw error }
        try add(.opaque(value), name: name)
        remarks.add(.unreadable, name, " \(error.reason)")
      }
    }
  }

  private mutating func value(_ index: Int) throws(CheckpointError) -> CheckpointValue {
    let dataset = catalog.datasets[index]
    if case .unreadable(let error) = dataset.extent { throw error }
    switch dataset.type {
    case _ where dataset.shape == nil: return .none
    case .fixedString, .variableString: return try contents.text(index)
    case .opaque where dataset.attributes.string(Schema.Attribute.dtype) == nil:
      let tensor = try contents.tensor(index)
      remarks.add(.impliedBfloat16, dataset.path)
      return .tensor(tensor)
    default: return .tensor(try contents.tensor(index))
    }
  }

  private mutating func add(_ value: CheckpointValue, name: String) throws(CheckpointError) {
    guard !stateDict.contains(.string(name)) else {
      throw CheckpointError(
        .duplicateKey, name: name,
        "two datasets have this name once their paths are joined with dots",
        advice: "rename one of them")
    }
    stateDict.set(.string(name), to: value)
  }

  /// Moves the entries with these names to the front.
  private mutating func putFirst(_ names: [String]) {
    guard !names.isEmpty else { return }
    let names = names.map { CheckpointDictionary.Key.string($0) }
    var ordered = CheckpointDictionary(stateDict.kind)
    for key in names + stateDict.entries.map(\.key) {
      if !ordered.contains(key), let value = stateDict[key] { ordered.set(key, to: value) }
    }
    stateDict = ordered
  }

  private mutating func noteRemarks() {
    for name in walk.upwardNames { remarks.add(.upwardLink, name) }
    notes += remarks.sentences.map { Guidance($0) }
  }

  /// Keeps a Keras file's information about its layers as attributes of the state dict.
  ///
  /// - Returns: the settings of its BatchNorms.
  private mutating func addFacts(
    of keras: KerasFile, path: String?
  ) -> BatchNormSettingsTable {
    if let (text, source) = keras.configuration(path: path) {
      do throws(CheckpointError) {
        let configuration = try KerasConfiguration(parsing: text)
        putFirst(configuration.order(of: stateDict.entries.compactMap(\.key.string)))
        stateDict.attributes.append((KerasConfiguration.attribute, .string(text)))
        switch source {
        case .attribute: keptAttributes += 1
        case .archive: break
        case .file:
          notes.append("the classes of the layers are read from \(source.name), next to the file")
        }
      } catch {
        notes.append(
          "\(source.name), which describes the layers, can't be read: \(error.reason)")
      }
    }
    var names = keras.names
    keptAttributes += names.entries.count
    for layer in keras.flatteningLayers { names.set(.string(layer), to: .string(layer)) }
    if !names.entries.isEmpty {
      stateDict.attributes.append((KerasFacts.namesAttribute, .dictionary(names)))
    }
    guard let layers = StateDict(stateDict) else { return BatchNormSettingsTable() }
    if let stated = StatedVariables(keras: layers).attribute { stateDict.attributes.append(stated) }
    let settings = KerasSettings(layers)
    notes += settings.notes
    return settings.table
  }

  private mutating func noteAttributes() {
    let count =
      -keptAttributes + catalog.groups.reduce(0) { $0 + $1.attributes.count }
      + catalog.datasets.reduce(0) { $0 + $1.attributes.count }
    guard count > 0 else { return }
    let what = count == 1 ? "1 HDF5 attribute is" : "\(count) HDF5 attributes are"
    notes.append("\(what) left out: not part of a state dict")
  }
}
