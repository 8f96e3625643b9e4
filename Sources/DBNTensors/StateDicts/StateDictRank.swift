/// How likely it is that a mapping is the intended state dict: the smaller, the likelier.
struct StateDictRank: Comparable {
  /// Whether it holds the constants of an exported program, which belong to the model but not to
  /// its state dict.
  let isConstants: Bool
  let batchNorms: Int
  /// The number of tensors of more than one element, and of BatchNorms' statistics and counters:
  /// wrappers of a copy add other scalars (`step`, `decay`), which must not rank it above the
  /// model.
  let tensors: Int
  /// Whether a key of its path indicates that it is a copy of another: a moving average, a teacher.
  let isCopy: Bool
  /// The number of tensors, scalars included.
  let allTensors: Int
  /// The index of its key in `Checkpoint.usualEntries`; their number if it is none of them.
  let usualName: Int
  /// The number of keys in its path.
  let depth: Int

  static func < (left: StateDictRank, right: StateDictRank) -> Bool {
    left.content == right.content ? left.position < right.position : left.content < right.content
  }

  static func == (left: StateDictRank, right: StateDictRank) -> Bool {
    left.content == right.content && left.position == right.position
  }

  private var content: (Int, Int, Int) { (isConstants ? 1 : 0, -batchNorms, -tensors) }

  private var position: (Int, Int, Int, Int) { (isCopy ? 1 : 0, -allTensors, usualName, depth) }

  /// Whether a key names a copy of a network: `ema`, `state_dict_ema`, `teacherNet`.
  static func namesCopy(_ key: CheckpointDictionary.Key) -> Bool {
    key.words.contains { copyWords.contains($0) }
  }

  private static let copyWords: Set<String> = [
    "ema", "swa", "teacher", "shadow", "average", "averaged", "polyak", "target", "momentum",
    "copy", "backup",
  ]
}

extension CheckpointDictionary.Key {
  /// The words of a string key in lower case: `ema`, `model` for `emaModel` and `ema_model`. Keys
  /// longer than any real name have none, so that a file cannot make splitting its keys expensive.
  var words: [String] {
    guard let string, string.utf8.count <= 64 else { return [] }
    var (words, word, wasLower) = ([String](), "", false)
    for character in string {
      if !character.isLetter || (character.isUppercase && wasLower) {
        if !word.isEmpty { words.append(word) }
        word = ""
      }
      wasLower = character.isLowercase
      if character.isLetter { word += character.lowercased() }
    }
    return word.isEmpty ? words : words + [word]
  }
}
