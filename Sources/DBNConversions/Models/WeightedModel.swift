public import DBNBatchNorm
public import DBNModels
public import DBNTensors

/// A model and the checkpoints that it is run with.
public struct WeightedModel: Sendable {
  /// A checkpoint of the model.
  public struct Weights: Sendable {
    /// The file.
    public let path: String
    /// The content of the file.
    public let checkpoint: Checkpoint
    /// The entry of the state dict in it.
    public let place: EntryPath
    /// The state dict that the model is run with.
    public let stateDict: StateDict
    /// Epsilon and momentum of the file's BatchNorms, where the user states no others.
    public fileprivate(set) var settings: BatchNormSettingsTable
    fileprivate let readingOptions: ReadingOptions
  }

  /// The checkpoints, at least one.
  public let weights: [Weights]
  private let model: Checkpoint.Model
  private let statement: BatchNormStatement
  /// The first-device BatchNorms that are stated, or that the first weights' history states.
  private let firstDevice: BatchNormStatement.FirstDevice?
  /// The most devices with statistics of their own in the model, as it is without weights.
  private let programDevices: Int
  private let layouts: [BatchNormLayout]

  /// Opens a model and its weights.
  ///
  /// - Parameters:
  ///   - name: an architecture's, the path of a file with a graph, or `auto` to infer it from the
  ///     first weights.
  ///   - paths: the checkpoints; if empty, the file `name` has the weights too.
  ///   - options: how they are read.
  ///   - layouts: custom layouts that their BatchNorms may be in.
  ///   - statement: what the user states about their BatchNorms.
  /// - Throws: `unknownModel`; as `Conversion.init` and `findStateDict`.
  public init(
    _ name: String, weights paths: [String], entry: EntryPath? = nil,
    reading options: ReadingOptions = ReadingOptions(), layouts: [BatchNormLayout] = [],
    stating statement: BatchNormStatement = BatchNormStatement()
  ) throws(CheckpointError) {
    if paths.isEmpty { try Checkpoint.Model.requireFile(name) }
    let files = try (paths.isEmpty ? [name] : paths).map { path throws(CheckpointError) in
      try Weights(Conversion(opening: path, entry: entry, options: options))
    }
    try self.init(paths.isEmpty ? nil : name, files, layouts, statement)
  }

  /// The model with the weights of a checkpoint that is already open.
  ///
  /// - Parameter name: as above; nil: inferred from the checkpoint.
  init(
    _ name: String?, running conversion: Conversion, layouts: [BatchNormLayout],
    stating statement: BatchNormStatement
  ) throws(CheckpointError) {
    try self.init(name, [Weights(conversion)], layouts, statement)
  }

  private init(
    _ name: String?, _ weights: [Weights], _ layouts: [BatchNormLayout],
    _ statement: BatchNormStatement
  ) throws(CheckpointError) {
    self.weights = weights.map { weights in
      var weights = weights
      weights.settings = weights.settings.overridden(by: statement.settings)
      return weights
    }
    self.statement = statement
    let model = try Checkpoint.Model(
      named: name, for: weights[0].stateDict, in: weights[0].checkpoint, from: weights[0].path,
      layouts: layouts, reading: weights[0].readingOptions)
    firstDevice = statement.firstDevice(of: weights[0].checkpoint, weights[0].stateDict)
    self.model = Checkpoint.Model(
      graph: model.graph.overridden(by: statement.settings).stating(firstDevice),
      constants: model.constants, notes: model.notes)
    if statement.firstDevice != nil {
      for weights in weights { try weights.requireSharedStatistics(of: model.graph, layouts) }
    }
    programDevices = model.graph.largestRowCount
    self.layouts = layouts
  }

  /// The model, with its own epsilon and momentum.
  public var graph: Graph { model.graph }

  /// The tensors to run the model with, for each of the checkpoints.
  public var tensors: [StateDict] { weights.map { model.tensors(with: $0.stateDict) } }

  /// The graph with the settings of the first checkpoint's BatchNorms.
  public var firstGraph: Graph { graph.applying(weights[0].settings).graph }

  /// What the user should know about the files, one sentence each.
  public var notes: [Guidance] {
    let settings = weights.flatMap { weights in
      model.applying(weights.settings, of: weights.path).notes
        .dropFirst(model.notes.count)
    }
    return model.notes + settings + weights.flatMap(\.checkpoint.notes)
  }

  /// What the user should know about a run, in addition to `notes`.
  ///
  /// - Parameter mode: the mode of all BatchNorms; nil if each runs in its own.
  public func notes(runIn mode: ExecutionMode?) -> [Guidance] {
    var notes = [graph.noteOverridden(by: mode)]
    if statement.settings.momentum == nil {
      notes.append(graph.noteMomentum(given: mode, knowing: weights[0].settings))
    }
    return notes.compactMap(\.self) + (graph.trains(given: mode) ? layoutNotes : [])
  }

  /// What the user should know about the layouts in which the BatchNorms train.
  var layoutNotes: [Guidance] { [historyNote, standardNote].compactMap(\.self) }

  private var historyNote: Guidance? {
    guard statement.firstDevice == nil, let firstDevice else { return nil }
    return
      "\(weights[0].path): its history says that its BatchNorms are first-device ones of "
      + "\(counted(firstDevice.worldSize, "device")), and they train like that; to train standard "
      + "ones, give \(.sourceLayout("standard"))"
  }

  /// A note about weights without rows in a model whose BatchNorms have a row for each device.
  private var standardNote: Guidance? {
    guard programDevices > 1, firstDevice == nil else { return nil }
    let sites = weights[0].sites(of: graph, layouts).filter { $0.layout.buffers == .shared }
    guard let first = sites.first else { return nil }
    return
      "\(weights[0].path): \(counted(sites.count, "BatchNorm")), beginning with "
      + "'\(first.name.visible())', have statistics for one device, and the model's have "
      + "\(programDevices) devices: they train on the whole batch; to train on slices, map the "
      + "weights with \(.mappingToDistributed) first"
  }

  /// An error from running the first checkpoint's model, with the file of the tensor at fault.
  public func explaining(_ error: CheckpointError, input path: String) -> CheckpointError {
    guard let name = error.name else { return error }
    if graph.inputs.contains(where: { $0.name == name }) { return error.with(path: path) }
    return tensors[0][name] == nil ? error : error.with(path: weights[0].path)
  }

  /// What the files hold besides the state dicts that are used, one sentence for each file.
  public var otherNetworks: [Guidance] {
    weights.flatMap { weights in
      weights.checkpoint.notes(taking: weights.place, others: "not used").map { note in
        self.weights.count == 1 ? note : "\(weights.path): \(note)"
      }
    }
  }
}

extension WeightedModel.Weights {
  fileprivate init(_ conversion: Conversion) throws(CheckpointError) {
    path = conversion.path
    checkpoint = conversion.checkpoint
    settings = checkpoint.batchNormSettings
    readingOptions = conversion.readingOptions
    (place, stateDict) = try conversion.findStateDict()
  }

  /// The BatchNorms of a model in the weights, as far as they can be read.
  fileprivate func sites(of graph: Graph, _ layouts: [BatchNormLayout]) -> [BatchNormSite] {
    graph.batchNorms.compactMap { attributes in
      (try? BatchNormSite.find(
        attributes.module, features: attributes.norm.numFeatures, in: stateDict,
        layouts: layouts)) ?? nil
    }
  }

  /// - Throws: `unexpectedLayout` if a device has statistics of its own, which shows that the
  ///   BatchNorms are not those of the first-device layout.
  fileprivate func requireSharedStatistics(
    of graph: Graph, _ layouts: [BatchNormLayout]
  ) throws(CheckpointError) {
    guard let site = sites(of: graph, layouts).first(where: { $0.layout.buffers == .rows }) else {
      return
    }
    throw CheckpointError(
      .unexpectedLayout, path: path, name: site.name,
      "its layout is \(site.layout), and not first-device",
      advice: "leave out \(.sourceLayout(nil)): the tensors show the layout")
  }
}

extension Graph {
  /// The largest number of devices that have statistics of their own.
  fileprivate var largestRowCount: Int {
    batchNorms.filter { $0.norm.layout.buffers == .rows }.map(\.norm.worldSize).max() ?? 1
  }
}
