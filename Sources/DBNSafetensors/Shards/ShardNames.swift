internal import DBNCheckpointFormats
import DBNPlatform

/// The file names of a sharded checkpoint, as `huggingface_hub` and transformers choose them:
/// `model-00001-of-00002.safetensors`, and `model.safetensors.index.json`. Where other files have
/// these names, `model~2-00001-of-00002.safetensors`: the index says which.
struct ShardNames {
  static let fileExtension = ".safetensors"
  static let indexExtension = fileExtension + ".index.json"

  /// The folder, with a slash at its end; empty for the current folder.
  let folder: String
  private let stem: String
  /// 1 for the usual names.
  private var edition = 1

  /// - Parameter path: the path of the checkpoint if it were one file.
  init(_ path: String) {
    let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
    let start = slash.map { path.utf8.index(after: $0) } ?? path.startIndex
    let name = String(path[start...])
    folder = String(path[..<start])
    stem =
      name.hasSuffix(Self.fileExtension) ? String(name.dropLast(Self.fileExtension.count)) : name
  }

  var index: String { stem + Self.indexExtension }

  /// The first names that no file has.
  func free(for count: Int) -> ShardNames {
    var names = self
    while names.paths(of: count).contains(where: isTaken) { names.edition += 1 }
    return names
  }

  private func isTaken(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  /// The paths of all shards.
  func paths(of count: Int) -> [String] { (1...count).map { folder + shard($0, of: count) } }

  func shard(_ number: Int, of count: Int) -> String {
    "\(stem)\(ShardFileName.suffix(ofEdition: edition))-\(fiveDigits(number))-of-\(fiveDigits(count))\(Self.fileExtension)"
  }

  private func fiveDigits(_ number: Int) -> String {
    let digits = "\(number)"
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }
}
