public import DBNBatchNorm
public import DBNTensors

/// The contents of a checkpoint, as `info` prints them.
public struct CheckpointInspection: Sendable {
  /// A tensor of the state dict.
  public struct TensorRow: Sendable {
    /// The key in the state dict.
    public let name: String
    /// The tensor; its bytes are not read.
    public let tensor: Tensor
    /// The first name of the same storage, if this is not the first.
    public let tiedTo: String?
    /// The kind stored in the file. If the file has none, it is inferred from the name: running
    /// statistics are buffers, and everything else in a state dict is taken for a parameter.
    public let kind: Tensor.Kind
  }

  /// A BatchNorm of the state dict.
  public struct BatchNormRow: Sendable {
    /// Where it is and how it keeps its state.
    public let site: BatchNormSite
    /// Whether its replicas are equal to the last bit, counters included.
    public let replicasAreIdentical: Bool
    /// How far apart its replicas are.
    public let drift: ReplicaDrift
    /// Epsilon and momentum, as far as the file has them.
    public let settings: BatchNormSettings
  }

  /// Where the state dict is; nil if there is none, and then `tensors` are all tensors of the file.
  public let entry: EntryPath?
  /// Why there is no state dict: no candidate, or several. Empty if there is one.
  public let missingStateDict: String
  /// The tensors in the file's order, with names relative to the entry.
  public private(set) var tensors: [TensorRow] = []
  /// The BatchNorms, in the order of the state dict.
  public private(set) var batchNorms: [BatchNormRow] = []
  /// Modules that look like BatchNorms and can't be read as such.
  public private(set) var unrecognised: [ConversionReport.Item] = []
  /// Modules that look like BatchNorms and are not taken for such, and why.
  public private(set) var leftAlone: [ConversionReport.Item] = []
  /// What the tensors of the BatchNorms leave open, in one sentence each.
  public private(set) var ambiguities: [Guidance] = []
  /// The faults in the numbers of the BatchNorms.
  public private(set) var health = BatchNormHealth()
  /// Everything except the tensors of the state dict, in the file's order.
  public private(set) var others: [(path: EntryPath, value: CheckpointValue)] = []

  /// - Parameters:
  ///   - entry: where the state dict is; nil to search for it.
  ///   - layouts: user-defined layouts, tried before the known ones.
  public init(
    _ checkpoint: Checkpoint, entry: EntryPath? = nil, layouts: [BatchNormLayout] = []
  ) throws(CheckpointError) {
    let found: (entry: EntryPath, stateDict: StateDict)
    do throws(CheckpointError) {
      found = try checkpoint.findStateDict(at: entry)
    } catch {
      // A file without a state dict can still be shown; a wrong --entry is an error.
      if entry != nil { throw error }
      self.entry = nil
      missingStateDict = error.reason
      let leaves = checkpoint.root.leaves
      addTensors(leaves.compactMap { path, value in value.tensor.map { ("\(path)", $0) } })
      others = leaves.filter { $0.value.tensor == nil }
      health = BatchNormHealth(checkpoint)
      return
    }
    self.entry = found.entry
    missingStateDict = ""
    let survey = BatchNormSurvey(found.stateDict, layouts: layouts)
    ambiguities = survey.ambiguities
    unrecognised = survey.unrecognised
    leftAlone = survey.leftAlone
    addTensors(found.stateDict.tensors)
    batchNorms = try concurrentMap(survey.sites.count) { index throws(CheckpointError) in
      try Self.describe(
        survey.sites[index], in: found.stateDict,
        checkpoint.batchNormSettings.settings(of: survey.sites[index]))
    }
    health = BatchNormHealth(of: survey.sites, in: found.stateDict)
    addOthers(checkpoint, found.entry)
  }

  /// The largest drift of any BatchNorm's replicas.
  public var drift: ReplicaDrift {
    batchNorms.reduce(into: ReplicaDrift()) { $0.formUnion($1.drift) }
  }

  private static func describe(
    _ site: BatchNormSite, in stateDict: StateDict, _ settings: BatchNormSettings
  ) throws(CheckpointError) -> BatchNormRow {
    BatchNormRow(
      site: site, replicasAreIdentical: try stateDict.replicasAreIdentical(site),
      drift: site.worldSize == 1
        ? ReplicaDrift() : try ReplicaStatistics(site, in: stateDict).drift,
      settings: settings)
  }

  private mutating func addTensors(_ tensors: [(String, Tensor)]) {
    var firstNames: [ObjectIdentifier: String] = [:]
    for (name, tensor) in tensors {
      let identity = ObjectIdentifier(tensor.storage)
      let byName = BatchNormSite.namesBuffer(name) ? Tensor.Kind.buffer : .parameter
      self.tensors.append(
        TensorRow(
          name: name, tensor: tensor, tiedTo: firstNames[identity],
          kind: tensor.kind == .tensor ? byName : tensor.kind))
      if firstNames[identity] == nil { firstNames[identity] = name }
    }
  }

  private mutating func addOthers(_ checkpoint: Checkpoint, _ entry: EntryPath) {
    for (path, value) in checkpoint.root.leaves {
      let isInside = path.keys.starts(with: entry.keys)
      let isItsTensor = isInside && value.tensor != nil && path.keys.count == entry.keys.count + 1
      let isEmptyStateDict = path == entry
      if !isItsTensor && !isEmptyStateDict { others.append((path, value)) }
    }
  }
}
