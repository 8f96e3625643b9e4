package import DBNTensors
import DBNPlatform

/// The name of a shard, of any format, as `huggingface_hub` and transformers give it:
/// `pytorch_model-00001-of-00002.bin`.
///
/// Numbers have at least five digits, so that `fold-1-of-5.pth` is not a shard, and a checkpoint of
/// one shard counts as whole.
package struct ShardFileName {
  /// The folder with a slash at its end; empty for the current folder.
  package let folder: String
  package let stem: String
  /// 1 for the usual names; 2 and so on for those of a checkpoint that was written while other files
  /// had these: `model~2-00001-of-00002.safetensors`.
  package let edition: Int
  package let number: Int
  package let count: Int
  /// The extension with its dot; with the variant before it, if it is there: `.fp16.bin`.
  package let fileExtension: String
  /// The number of digits of the two numbers.
  private let digits: (number: Int, count: Int)

  package init?(_ path: String) {
    let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    guard let number = name.lastIndex(of: "-"), let dot = name[number...].firstIndex(of: ".") else {
      return nil
    }
    let parts = name[..<dot].split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count >= 4, parts[parts.count - 2] == "of" else { return nil }
    let texts = (number: parts[parts.count - 3], count: parts[parts.count - 1])
    guard let number = Self.number(texts.number), let count = Self.number(texts.count), count > 1,
      (1...count).contains(number)
    else { return nil }
    folder = String(path.dropLast(name.count))
    (stem, edition) = Self.edition(of: parts.dropLast(3).joined(separator: "-"))
    (self.number, self.count) = (number, count)
    digits = (texts.number.utf8.count, texts.count.utf8.count)
    fileExtension = String(name[dot...])
  }

  private static func number(_ text: Substring) -> Int? {
    guard (5...9).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) })
    else { return nil }
    return Int(text)
  }

  /// What the stem of an edition ends with.
  package static func suffix(ofEdition edition: Int) -> String {
    edition == 1 ? "" : "~\(edition)"
  }

  private static func edition(of stem: String) -> (stem: String, edition: Int) {
    guard let mark = stem.lastIndex(of: "~"), let edition = Int(stem[stem.index(after: mark)...]),
      edition > 1, stem[mark...] == suffix(ofEdition: edition)
    else { return (stem, 1) }
    return (String(stem[..<mark]), edition)
  }

  /// The usual name of the index, which lists the shard of each tensor.
  package var usualIndexName: String { "\(stem)\(fileExtension).index.json" }

  /// Whether another shard of the same checkpoint is in the folder.
  package var hasSibling: Bool {
    let first = 1...min(count, Self.namesLookedFor)
    let near = max(1, number - 1)...min(count, number + 1)
    return (Array(near) + first).contains { $0 != number && isThere(name($0)) }
  }

  /// "pytorch_model-00002-of-00002.bin is missing"; nil if all shards are in the folder.
  package var missing: String? {
    // A name can claim hundreds of millions of shards.
    let missing = (1...min(count, Self.namesLookedFor)).filter { !isThere(name($0)) }
    guard !missing.isEmpty else { return nil }
    return missing.prefix(3).map(name).joined(separator: ", ")
      + (missing.count > 3 ? " and \(missing.count - 3) more" : "")
      + (missing.count == 1 ? " is missing" : " are missing")
  }

  private static let namesLookedFor = 1000

  private func isThere(_ name: String) -> Bool { access(folder + name, F_OK) == 0 }

  /// The name of another shard of the same checkpoint.
  private func name(_ number: Int) -> String {
    "\(stem)\(Self.suffix(ofEdition: edition))-\(padded(number, digits.number))-of-\(padded(count, digits.count))\(fileExtension)"
  }

  private func padded(_ number: Int, _ digits: Int) -> String {
    let text = "\(number)"
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}

extension ShardFileName {
  /// The error for a folder of several files and no index, if they are all parts of one
  /// checkpoint.
  package static func folderError(_ path: String, _ names: [String]) -> CheckpointError? {
    let shards = names.compactMap { ShardFileName("\(path)/\($0)") }
    guard let first = shards.first, shards.count == names.count,
      shards.allSatisfy({ $0.usualIndexName == first.usualIndexName && $0.count == first.count })
    else { return nil }
    return CheckpointError(
      .shardFolder, path: path,
      "the folder has \(shards.count) of \(first.count) parts of one checkpoint, without their index "
        + first.usualIndexName + (first.missing.map { "; \($0)" } ?? ""),
      advice: "put all parts and the index into one folder")
  }
}
