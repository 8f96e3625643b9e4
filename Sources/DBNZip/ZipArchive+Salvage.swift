package import DBNTensors

extension ZipArchive {
  /// The records that are left of an archive without a usable directory, such as a download that was
  /// cut off: found by their local headers, from the start of the file to the first bytes that are
  /// no record. Takes time in proportion to the file's size.
  ///
  /// A last record that is cut off is one of them: it is all that is left, and it has no checksum.
  ///
  /// - Throws: `zipDirectory` if the file does not begin with a record.
  package init(salvaging file: ByteRegion) throws(CheckpointError) {
    var entries = ZipEntries(of: file)
    var start = 0
    while let header = try? ZipLocalHeader(at: start, in: file),
      let (entry, end) = try? header.record(in: file)
    {
      // Of several records with one name the first is kept.
      _ = entries.append(entry)
      start = end
    }
    guard !entries.isEmpty else {
      throw CheckpointError(
        .zipDirectory, "does not begin with a record of an archive, so nothing can be recovered")
    }
    self.init(entries: entries)
  }
}
