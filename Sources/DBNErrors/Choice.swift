/// Something that a person can choose when a checkpoint is read, converted, verified or written.
///
/// Errors and notes mention choices as values, because the same choice has one name in Swift and
/// another on a command line: see `Guidance`.
public enum Choice: Sendable, Hashable {
  /// Which entry of the checkpoint is the state dict: a path such as `ema/model`.
  case entry(String)
  /// Choosing an entry, whichever.
  case anyEntry
  /// Looking at what a checkpoint holds.
  case inspection
  /// Comparing all that two checkpoints hold.
  case difference
  /// Leaving out what a format has no way to store.
  case allowingLosses
  /// Writing the state dict without the rest of the checkpoint.
  case stateDictOnly
  /// A conversion that does nothing but write the state dict without the rest.
  case extractingStateDict
  /// Keeping objects of unknown classes by name.
  case acceptingUnknownClasses
  /// Taking one part of a model by itself.
  case acceptingParts
  /// Letting a file cost more time and memory than its size justifies.
  case raisingLimits
  /// Replacing a file that is there.
  case replacingFiles
  /// Replacing the file that is read.
  case replacingInputs
  /// Proving the written file.
  case proof
  /// Writing without a proof.
  case noProof
  /// How large a difference may be.
  case tolerance
  /// Allowing differences up to a tolerance.
  case allowingDifferences
  /// Compressing tensors.
  case compression
  /// Splitting a checkpoint into shards.
  case shardSize
  /// Removing a prefix from names.
  case strippingPrefix(String)
  /// Removing a prefix from the names of either of two checkpoints that are compared.
  case comparingWithoutPrefix(String)
  /// Renaming tensors.
  case renaming
  /// Giving a Keras model's weights PyTorch's names.
  case kerasNames
  /// Giving a Flax model's weights PyTorch's names.
  case flaxNames
  /// Giving BatchNorms that have a weight or a bias the other.
  case completingBatchNorms
  /// Rounding tensors to float32.
  case castingToFloat32
  /// Mapping BatchNorms to a distributed layout.
  case mappingToDistributed
  /// Mapping BatchNorms to the standard layout.
  case mappingToStandard
  /// The layout that BatchNorms are read in; nil: whichever.
  case sourceLayout(String?)
  /// How many virtual devices there are.
  case worldSize
  /// How replicas are merged.
  case mergeRule
  /// How replicas are merged, with all rules.
  case anyMergeRule
  /// Selecting the BatchNorm of this name.
  case including(String)
  /// BatchNorms that are left out by name.
  case excluding
  /// The plain engine, which runs everything.
  case referenceEngine
  /// The file with a model's weights.
  case weights
  /// The number by which stored samples are divided.
  case dividing(Int)
  /// The models that can be named.
  case architectures
  /// Running statistics that are averages over all batches.
  case cumulativeMomentum
}

extension Choice {
  /// What the choice is called in Swift, in quotes where it is code.
  public var swiftName: String {
    switch self {
    case .entry(let path): "'EntryPath(\"\(path.visible())\")'"
    case .anyEntry: "an entry"
    case .inspection: "'CheckpointInspection'"
    case .difference: "'CheckpointDifference'"
    case .allowingLosses: "'allowsLosses: true'"
    case .stateDictOnly: "'stateDictOnly: true'"
    case .extractingStateDict: "'converted(stateDictOnly: true)'"
    case .acceptingUnknownClasses: "read with 'refusesUnknownClasses: false'"
    case .acceptingParts: "'acceptsParts: true'"
    case .raisingLimits: "read it with 'limitFactor: 10'"
    case .replacingFiles: "write with 'existing: .replace'"
    case .replacingInputs: "write with 'existing: .replace'"
    case .proof: "the proof"
    case .noProof: "write without a proof"
    case .tolerance: "the tolerance"
    case .allowingDifferences: "give the proof a tolerance"
    case .compression: "'compression'"
    case .shardSize: "'shardByteCount'"
    case .strippingPrefix(let prefix): "'strippingPrefix(\"\(prefix.visible())\")'"
    case .comparingWithoutPrefix(let prefix): "'.strippingPrefix(\"\(prefix.visible())\")'"
    case .renaming: "'renaming'"
    case .kerasNames: "'.kerasNames'"
    case .flaxNames: "'.flaxNames'"
    case .completingBatchNorms: "'.completingBatchNorms'"
    case .castingToFloat32: "'casting(to: .float32, statistics: true)'"
    case .mappingToDistributed: "'toDistributed'"
    case .mappingToStandard: "'toStandard'"
    case .sourceLayout(nil): "'reading'"
    case .sourceLayout(let layout?): "'reading' (\(layout))"
    case .worldSize: "its 'worldSize'"
    case .mergeRule: "'merging'"
    case .anyMergeRule: "'merging: .first', '.mean', '.pooled' or '.replica(k)'"
    case .including(let name): "'NameSelection(include: [\"\(name.visible())\"])'"
    case .excluding: "'NameSelection(exclude:)'"
    case .referenceEngine: "'Engine.reference'"
    case .weights: "'weights'"
    case .dividing(let divisor): "'InputScaling(divisor: \(divisor))'"
    case .architectures: "'Architecture.all'"
    case .cumulativeMomentum: "the momentum '.cumulative'"
    }
  }
}
