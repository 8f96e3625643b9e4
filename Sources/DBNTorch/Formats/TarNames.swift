package import DBNTensors

/// The names of the files in a tar archive of any writer.
package enum TarNames {
  /// More than any archive of a model has: what lies after them is not listed.
  private static let limit = 10_000

  /// The names as far as the archive's headers can be followed; nil if it is no tar archive.
  package static func all(in file: ByteRegion) -> [String]? {
    guard TarArchive.recognises(file) else { return nil }
    var reader = ByteReader(file)
    var names: [String] = []
    while names.count < limit, let header = try? TarHeader(parsing: &reader) {
      if header.isFile { names.append(header.name) }
      let padding = (512 - header.size % 512) % 512
      guard (try? reader.skip(header.size)) != nil, (try? reader.skip(padding)) != nil else {
        break
      }
    }
    file.releaseFile()
    return names
  }
}
