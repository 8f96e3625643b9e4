internal import DBNTensors

/// The file names of a sharded checkpoint, as `huggingface_hub` and transformers choose them:
/// `model-00001-of-00002.safetensors`, and `model.safetensors.index.json`.
struct ShardNames {
  static let fileExtension = ".safetensors"
  static let indexExtension = fileExtension + ".index.json"

  /// The folder, with a slash at its end; empty for the current folder.
  let folder: String
  private let stem: String

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

  func shard(_ number: Int, of count: Int) -> String {
    "\(stem)-\(fiveDigits(number))-of-\(fiveDigits(count))\(Self.fileExtension)"
  }

  private func fiveDigits(_ number: Int) -> String {
    let digits = "\(number)"
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }
}
