public import DBNTensors
import DBNVerification

/// Gives the tensors of two checkpoints of one model the same names, so that they can be compared: a
/// file of Keras with one of PyTorch, a model in a wrapper with the bare one.
///
/// ```swift
/// let pairing = NamePairing([.kerasNames])
/// let result = try CheckpointVerification().compare(pairing.pair(keras, pytorch))
/// ```
public struct NamePairing: Sendable {
  /// The changes of names, in this order. Each is applied to every state dict of either checkpoint in
  /// which it changes a name.
  public var transformations: [Transformation]
  /// The only state dict of both checkpoints that is changed; nil for all.
  public var entry: EntryPath?

  /// Makes a pairing by the given changes of names.
  public init(_ transformations: [Transformation] = [], entry: EntryPath? = nil) {
    self.transformations = transformations
    self.entry = entry
  }

  /// Two checkpoints whose names were changed.
  public struct Pair: Sendable {
    /// The first checkpoint, under the new names.
    public internal(set) var a: Checkpoint
    /// The second checkpoint, under the new names.
    public internal(set) var b: Checkpoint
    /// Which of the two was changed, by what; and what could not be renamed.
    public internal(set) var notes: [Guidance] = []
    /// The only state dict that is compared; nil for all.
    let entry: EntryPath?
  }

  /// Changes the names in two checkpoints.
  ///
  /// - Throws: `nothingRenamed` if a transformation changes no name in either; `nameCollision`.
  public func pair(_ a: Checkpoint, _ b: Checkpoint) throws(CheckpointError) -> Pair {
    var pair = Pair(a: a, b: b, entry: entry)
    for transformation in transformations {
      let first = try pair.a.renamed(by: transformation, at: entry)
      let second = try pair.b.renamed(by: transformation, at: entry)
      guard first != nil || second != nil else {
        throw CheckpointError(
          .nothingRenamed, "\(transformation.renamer) changes no name in either checkpoint",
          advice: "see the names with \(.inspection)")
      }
      pair.a = first?.checkpoint ?? pair.a
      pair.b = second?.checkpoint ?? pair.b
      let both = [("first", first), ("second", second)]
      for case (let which, let renamed?) in both {
        pair.notes.append(
          "names in the \(which) were changed by \(transformation.renamer): \(counted(renamed.count, "tensor"))"
        )
        // How to make the other model is no question here: it is there.
        let notes = renamed.notes.filter { !$0.choices.contains(.completingBatchNorms) }
        pair.notes += notes.map { "in the \(which), \($0)" }
      }
    }
    return pair
  }
}

extension Transformation {
  /// What changes names, for notes: "keras", "the prefix 'module.'".
  fileprivate var renamer: String {
    switch self {
    case .kerasNames: Self.keras
    case .flaxNames: Self.flax
    case .strippingPrefix(let prefix): "removing the prefix '\(prefix.visible())'"
    case .renaming(let substitution): "'\(substitution.text.visible())'"
    case .selecting, .likeKeras, .completingBatchNorms, .casting: "\(self)"
    }
  }
}
