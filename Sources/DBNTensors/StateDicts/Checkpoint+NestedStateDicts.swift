extension Checkpoint {
  /// The state dicts inside the state dict at `entry`: other networks that a training script put
  /// among its tensors (`{**model.state_dict(), "ema": ...}`). A module's `_extra_state` does not
  /// count.
  ///
  /// `stateDicts` does not list them: there, everything inside a state dict belongs to it.
  public func stateDicts(inside entry: EntryPath) -> [FoundStateDict] {
    value(at: entry).children.flatMap { key, value -> [FoundStateDict] in
      guard value.isContainer, !key.namesExtraState else { return [] }
      // Wrapped in a mapping, so that the name of the key is considered.
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
  /// Whether it is a key that holds the result of `torch.nn.Module.get_extra_state`.
  package var namesExtraState: Bool {
    string?.utf8.suffix(12).elementsEqual("_extra_state".utf8) == true
  }
}
