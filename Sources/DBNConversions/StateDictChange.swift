import DBNBatchNorm
import DBNTensors

/// A state dict of a checkpoint, and its replacement.
///
/// Decides, for all conversions, what else of the checkpoint is kept: whether the graph still fits,
/// and what the user must know about the rest.
struct StateDictChange {
  /// How a conversion changes the names of tensors.
  enum Names {
    /// They are unchanged, or a mapping of BatchNorms changed some: a graph refers to a BatchNorm
    /// by its module, and infers the layout from the tensors.
    case ofSameModules
    /// Tensors were renamed, and a graph would not find them.
    case renamed
  }

  /// The entry of the state dict in the checkpoint.
  let entry: EntryPath
  /// The previous state dict; nil if nothing changed that an optimizer's state depends on.
  var before: StateDict?
  let after: StateDict
  /// Epsilon and momentum under the BatchNorms' new names; nil if unchanged.
  var settings: BatchNormSettingsTable?
  var names = Names.ofSameModules
  /// Whether the state dict is written without the rest of the checkpoint.
  var standsAlone = false

  /// The checkpoint with this change, and what had to be dropped.
  func applied(to checkpoint: Checkpoint) -> (
    checkpoint: Checkpoint, dropped: [ConversionReport.Item]
  ) {
    var result = checkpoint.replacingStateDict(at: entry, with: after)
    if standsAlone {
      result.root = .dictionary(after.dictionary)
      result.modules = checkpoint.modules.filter { $0.entry == entry }.map {
        ModuleDescription(
          entry: EntryPath(), name: $0.name, className: $0.className, settings: $0.settings)
      }
    }
    if let settings {
      // Other state dicts in the result keep the settings of their BatchNorms.
      let keepsOthers = !standsAlone && checkpoint.stateDictEntries.count > 1
      result.batchNormSettings =
        keepsOthers ? settings.filled(from: checkpoint.batchNormSettings) : settings
    }
    guard result.graph != nil, let reason = whyGraphGoes else { return (result, []) }
    result.graph = nil
    return (result, [.init("graph", reason)])
  }

  /// Why a graph must be dropped; nil if it is kept.
  private var whyGraphGoes: String? {
    if names == .renamed, let before, before.names != after.names {
      return "its tensors were renamed or left out"
    }
    return standsAlone ? "it is not part of the state dict" : nil
  }

  /// A note that names the opaque values outside the state dict; none if there are none.
  private func opaqueValuesLeftOut(of checkpoint: Checkpoint) -> [Guidance] {
    let names = checkpoint.root.leaves.compactMap { path, value -> String? in
      guard case .opaque(let object) = value, !path.keys.starts(with: entry.keys) else {
        return nil
      }
      return "\("\(path)".visible()) (\(object.name.visible()))"
    }
    guard !names.isEmpty else { return [] }
    let more = names.count > 5 ? " and \(names.count - 5) more" : ""
    return ["left out with the rest: \(names.prefix(5).joined(separator: ", "))\(more)"]
  }

  /// What the user should know about the change, one sentence each: other networks in the file, and
  /// optimizer states that no longer fit.
  ///
  /// - Parameter isChosen: whether the user named the entry, and so knows about others.
  func notes(in checkpoint: Checkpoint, isChosen: Bool) -> [Guidance] {
    var notes: [Guidance] = []
    if !isChosen {
      notes += checkpoint.notes(
        taking: entry, others: standsAlone ? "left out" : "unchanged")
    }
    if standsAlone { notes += opaqueValuesLeftOut(of: checkpoint) }
    guard let before else { return notes }
    let change = ParameterChange(from: before, to: after)
    notes += change.misfitOfOwnOptimizer.map { [$0] } ?? []
    if !standsAlone { notes += checkpoint.optimizerStates.compactMap { change.misfit(of: $0) } }
    return notes
  }
}
