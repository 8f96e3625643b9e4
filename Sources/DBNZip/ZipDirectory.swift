import DBNTensors

/// The position and the header count of the central directory, according to the end of the file.
struct ZipDirectory {
  /// The file's bytes from the directory's start to its end.
  let region: ByteRegion
  let count: Int

  /// The directory's offset in the archive: no record may reach further.
  let start: Int

  init(of file: ByteRegion) throws(CheckpointError) {
    let end = try ZipEndRecord(of: file)
    guard end.isOnOneDisk else {
      throw CheckpointError(
        .zipMultipleDisks, offset: end.position, "the archive spans several disks",
        advice: "join its parts first")
    }
    let (directoryEnd, overflow) = end.directoryOffset.addingReportingOverflow(end.directorySize)
    // A header has at least 46 bytes, so the count is bounded by the file before it is used.
    guard !overflow, directoryEnd == end.position,
      end.count <= end.directorySize / ZipHeader.minimumSize
    else {
      throw CheckpointError(
        .zipDirectory, offset: end.position,
        "the archive's end declares a directory of \(end.count) records in \(end.directorySize) "
          + "bytes from byte \(end.directoryOffset), which does not fit the file",
        advice: "the file is cut short or damaged; get it again")
    }
    start = end.directoryOffset
    region = try file.slice(from: start, count: end.directorySize)
    count = end.count
  }

  func forEachHeader(
    _ body: (ZipHeader) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    var reader = ByteReader(region)
    for _ in 0..<count { try body(ZipHeader(parsing: &reader)) }
    guard reader.remaining == 0 else {
      throw CheckpointError(
        .zipDirectory, offset: reader.fileOffset,
        "the directory has \(reader.remaining) extra bytes after its \(count) records")
    }
  }
}
