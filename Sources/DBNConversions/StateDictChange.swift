import DBNBatchNorm
import DBNTensors

/// A state dict of a checkpoint, and the one that replaces it.
///
/// Here it is decided, for all conversions, what else of the checkpoint stays: whether the graph
/// still fits, and what a person must know about the rest.
struct StateDictChange {
  /// What a conversion does to tensors' names.
  enum Names {
    /// They stay, or a mapping of BatchNorms changed some: a graph knows a BatchNorm by its module,
    /// and finds out from the tensors which layout it is in.
    case ofSameModules
    /// Tensors were renamed, and a graph would not find them.
    case renamed
  }

  /// Where in the checkpoint the state dict is.
  let entry: EntryPath
  /// nil: nothing that an optimizer's state depends on was changed.
  var before: StateDict?
  let after: StateDict
  /// Epsilon and momentum under the names that BatchNorms have now; nil: as they were.
  var settings: BatchNormSettingsTable?
  var names = Names.ofSameModules
  /// Whether the state dict is written without the rest of the checkpoint.
  var standsAlone = false

  /// The checkpoint with this change, and what had to go.
  func applied(to checkpoint: Checkpoint) -> (
    checkpoint: Checkpoint, dropped: [ConversionReport.Item]
  ) {
    var result = checkpoint.replacingStateDict(at: entry, with: after)
    if standsAlone { result.root = .dictionary(after.dictionary) }
    if let settings {
      // Other state dicts that stay keep the settings of their BatchNorms.
      let keepsOthers = !standsAlone && checkpoint.stateDictEntries.count > 1
      result.batchNormSettings =
        keepsOthers ? settings.filled(from: checkpoint.batchNormSettings) : settings
    }
    guard result.graph != nil, let reason = whyGraphGoes else { return (result, []) }
    result.graph = nil
    return (result, [.init("graph", reason)])
  }

  /// nil: a graph stays.
  private var whyGraphGoes: String? {
    if names == .renamed, let before, before.names != after.names {
      return "it knows the old names"
    }
    return standsAlone ? "it is not in the state dict" : nil
  }

  /// What a person should know of the change, a sentence each: other networks in the file, and
  /// optimizer states that no longer fit.
  ///
  /// - Parameter isChosen: whether a person named the entry, and so knows of others.
  func notes(in checkpoint: Checkpoint, isChosen: Bool) -> [Guidance] {
    var notes: [Guidance] = []
    if !isChosen {
      notes += checkpoint.notes(
        taking: entry, others: standsAlone ? "left out" : "left as they are")
    }
    guard let before else { return notes }
    let change = ParameterChange(from: before, to: after)
    notes += change.misfitOfOwnOptimizer.map { [$0] } ?? []
    if !standsAlone { notes += checkpoint.optimizerStates.compactMap { change.misfit(of: $0) } }
    return notes
  }
}
