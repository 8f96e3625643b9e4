import DBNErrors

extension Guidance {
  /// The text for the command: choices are named by its options and subcommands.
  var inCommandWords: String { text(naming: \.optionName) }
}

extension CheckpointError {
  /// The error for the command: choices are named by its options and subcommands.
  var inCommandWords: String { text(naming: \.optionName) }
}

extension Choice {
  /// The option or subcommand for the choice.
  var optionName: String {
    switch self {
    case .entry(let path): "--entry \(path.shellArgument)"
    case .anyEntry: "--entry"
    case .inspection: "'dbn-convert info'"
    case .difference: "'dbn-convert diff'"
    case .allowingLosses: "--lossy"
    case .stateDictOnly: "--state-dict-only"
    case .extractingStateDict: "convert --state-dict-only"
    case .acceptingUnknownClasses: "leave out --strict"
    case .acceptingParts: "--part"
    case .raisingLimits: "add --raise-limits 10"
    case .replacingFiles: "add --force to replace it"
    case .replacingInputs: "add --in-place to replace the input"
    case .proof: "--verify"
    case .noProof: "convert without --verify"
    case .tolerance: "--atol and --rtol"
    case .allowingDifferences: "say with --atol and --rtol which differences do not matter"
    case .compression: "--compress"
    case .shardSize: "--shard-size"
    case .strippingPrefix(let prefix): "'convert --strip-prefix \(prefix.shellArgument)'"
    case .comparingWithoutPrefix(let prefix): "--strip-prefix \(prefix.shellArgument)"
    case .renaming: "--rename"
    case .kerasNames: "--rename keras"
    case .flaxNames: "--rename flax"
    case .completingBatchNorms: "--complete-batch-norms"
    case .castingToFloat32: "--cast float32 --cast-statistics"
    case .mappingToDistributed: "'dbn-convert to-distributed'"
    case .mappingToStandard: "'dbn-convert to-standard'"
    case .sourceLayout(let layout): "--from-layout" + (layout.map { " \($0)" } ?? "")
    case .worldSize: "--world-size V"
    case .mergeRule: "--statistics"
    case .anyMergeRule: "--statistics first, mean, pooled or replica:K"
    case .including(let name): "--include \(name.shellArgument)"
    case .excluding: "--exclude"
    case .referenceEngine: "--engine reference"
    case .weights: "--weights FILE"
    case .dividing(let divisor): "--divide \(divisor)"
    case .architectures: "'dbn-convert models'"
    case .cumulativeMomentum: "--momentum none"
    }
  }
}

extension String {
  /// The text as an argument on a command line, quoted if a shell would change it.
  fileprivate var shellArgument: String {
    let text = visible()
    let isPlain =
      !text.isEmpty
      && text.allSatisfy { character in
        character.isASCII
          && (character.isLetter || character.isNumber || "_-./%+:@,".contains(character))
      }
    return isPlain ? text : "'" + text.replacing("'", with: "'\\''") + "'"
  }
}
