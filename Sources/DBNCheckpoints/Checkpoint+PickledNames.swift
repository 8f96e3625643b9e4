public import DBNTensors

import DBNCheckpointFormats
import DBNTorch

extension Checkpoint {
  /// The classes and functions that the pickles of a checkpoint name: what loading it in Python would
  /// import. Also of a file that can't be read as a checkpoint; none for a file without pickles. Where
  /// a file can't be opened or decompressed, the result says so.
  public static func pickledNames(
    at path: String, formats: FormatRegistry = .standard
  ) -> PickledNames {
    var names = PickledNames()
    let files = formats.files(at: path)
    for file in files {
      let name = file.split(separator: "/").last.map(String.init)
      names.add(self.names(in: file, formats), in: files.count > 1 ? name : nil)
    }
    return names
  }

  private static func names(in file: String, _ formats: FormatRegistry) -> PickledNames {
    do throws(CheckpointError) {
      let source = try formats.unpacked(SourceFile(file))
      defer { source.bytes.releaseFile() }
      return PickledNames(in: source.bytes)
    } catch {
      var none = PickledNames()
      none.stop = error.reason
      return none
    }
  }
}
