public import DBNTensors

import DBNCheckpointFormats
import DBNTorch

extension Checkpoint {
  /// The classes and functions that the pickles of a checkpoint name: what loading it in Python would
  /// import. Also of a file that can't be read; none for a file without pickles, or one that can't be
  /// opened.
  public static func pickledNames(
    at path: String, formats: FormatRegistry = .standard
  ) -> PickledNames {
    var names = PickledNames()
    let files = formats.files(at: path)
    for file in files {
      guard let source = try? formats.unpacked(SourceFile(file)) else { continue }
      defer { source.bytes.releaseFile() }
      let name = file.split(separator: "/").last.map(String.init)
      names.add(PickledNames(in: source.bytes), in: files.count > 1 ? name : nil)
    }
    return names
  }
}
