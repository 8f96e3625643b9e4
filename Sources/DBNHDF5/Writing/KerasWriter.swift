internal import DBNTensors

extension SchemaWriter {
  /// Plans a file with the groups and attributes of a Keras file, which Keras' `load_weights` loads.
  ///
  /// - Returns: nil for a checkpoint that is not to be written as a Keras file.
  /// - Throws: `cannotBeWritten` for what the file has no place for, and for a name under which Keras
  ///   would look for the other kind of file.
  init?(kerasFile checkpoint: Checkpoint, at path: String) throws(CheckpointError) {
    guard let stateDict = checkpoint.root.dictionary else { return nil }
    guard let structure = KerasStructure(of: stateDict) else {
      let inner = stateDict.entries.first { entry in
        entry.value.dictionary.map { KerasStructure(of: $0) != nil } ?? false
      }
      guard let inner else { return nil }
      throw CheckpointError(
        .cannotBeWritten, name: inner.key.description,
        "has the names of a Keras file, which holds nothing else",
        advice: "write only the weights with \(.stateDictOnly)")
    }
    var plan = KerasPlan()
    for group in structure.groups {
      let index = try plan.group(at: group.path)
      plan.catalog.groups[index].attributes = group.attributes
    }
    for entry in stateDict.entries {
      let key = entry.key.description
      guard let tensor = entry.value.tensor, let path = structure.path(of: key) else {
        throw CheckpointError(
          .cannotBeWritten, name: key, "is not a weight of the Keras file that this is written like"
        )
      }
      try plan.add(tensor, at: path)
    }
    let (listsLayers, numbered) = (
      KerasFile(plan.catalog).listsLayers, KerasFile.numberedExtension
    )
    guard listsLayers != path.hasSuffix(numbered) else {
      throw CheckpointError(
        .cannotBeWritten, "Keras looks for the other kind of file under this name",
        advice: "end the name in \(listsLayers ? ".h5" : numbered), like that of the Keras file")
    }
    self.init(plan.catalog, plan.contents)
  }
}

/// The catalog of a Keras file while it is planned.
private struct KerasPlan {
  var catalog = Catalog()
  private(set) var contents: [TensorStorage] = []
  private var indices: [String: Int] = ["": 0]

  /// The index of the group at a path, which is made if it is missing.
  mutating func group(at path: String) throws(CheckpointError) -> Int {
    if let known = indices[path] { return known }
    var (parent, current) = (0, "")
    let names = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard names.count <= CheckpointLimits.depth, !names.contains(where: { ["", "."].contains($0) })
    else { throw CheckpointError(.cannotBeWritten, name: path, "is not a path of groups") }
    for name in names {
      current = current.appending(link: name)
      if indices[current] == nil {
        indices[current] = catalog.groups.count
        catalog.groups[parent].links.append(Catalog.Link(name, .group(catalog.groups.count)))
        catalog.groups.append(Catalog.Group(path: current))
      }
      parent = indices[current] ?? 0
    }
    return parent
  }

  mutating func add(_ tensor: Tensor, at path: String) throws(CheckpointError) {
    let names = path.split(separator: "/", omittingEmptySubsequences: false)
    let name = String(names.last ?? "")
    let group = try group(at: names.dropLast().joined(separator: "/"))
    guard !["", "."].contains(name),
      !catalog.groups[group].links.contains(where: { $0.name == name })
    else { throw CheckpointError(.cannotBeWritten, name: path, "is not a path of a weight") }
    var dataset = Catalog.Dataset.describing(tensor, as: name, in: catalog.groups[group].path)
    dataset.attributes.removeAll { $0.name != Schema.Attribute.dtype }
    catalog.groups[group].links.append(Catalog.Link(name, .dataset(contents.count)))
    catalog.datasets.append(dataset)
    contents.append(tensor.storage)
  }
}
