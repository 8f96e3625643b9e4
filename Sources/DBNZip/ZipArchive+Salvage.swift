package import DBNTensors

extension ZipArchive {
  /// The records that are left of an archive without a usable directory, such as a download that was
  /// cut off: found by their local headers, from the start of the file to the first bytes that are
  /// no record. Takes time in proportion to the file's size.
  ///
  /// If the record at the end has no known size, it is the archive's `remnant`.
  ///
  /// - Parameter readsEncrypted: whether records that are marked as encrypted are taken as they are:
  ///   the mark can be a lie.
  /// - Throws: `zipDirectory` if the file does not begin with a record.
  package init(
    salvaging file: ByteRegion, readsEncrypted: Bool = false
  ) throws(CheckpointError) {
    var entries = ZipEntries(of: file)
    var start = 0
    var remnant: ZipEntry?
    while let header = try? ZipLocalHeader(at: start, in: file, readsEncrypted) {
      guard let (entry, end) = try? header.record(in: file) else {
        remnant = try header.remnant(in: file)
        break
      }
      // Of several records with one name the first is kept.
      _ = entries.append(entry)
      start = end
    }
    guard !entries.isEmpty else {
      throw CheckpointError(
        .zipDirectory, "does not begin with a whole record of an archive: nothing can be recovered")
    }
    self.init(salvaged: entries, remnant: remnant)
  }
}
