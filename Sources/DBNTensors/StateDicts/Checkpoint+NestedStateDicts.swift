extension Checkpoint {
  /// The state dicts inside the one at `entry`: other networks that a training script put among its
  /// tensors (`{**model.state_dict(), "ema": ...}`). A module's `_extra_state` is none.
  ///
  /// They are not among `stateDicts`, where what is inside a state dict belongs to it.
  public func stateDicts(inside entry: EntryPath) -> [FoundStateDict] {
    value(at: entry).children.flatMap { key, value -> [FoundStateDict] in
      guard value.isContainer, !key.namesExtraState else { return [] }
      // In a mapping of its own, so that its name counts.
      var root = CheckpointDictionary()
      root.set(key, to: value)
      return Checkpoint(root: .dictionary(root)).stateDicts.map { found in
        FoundStateDict(
          entry: EntryPath(entry.keys + found.entry.keys), batchNormCount: found.batchNormCount,
          tensorCount: found.tensorCount)
      }
    }
  }
}

extension CheckpointDictionary.Key {
  /// Whether it is what `torch.nn.Module.get_extra_state` is kept under.
  package var namesExtraState: Bool {
    string?.utf8.suffix(12).elementsEqual("_extra_state".utf8) == true
  }
}
