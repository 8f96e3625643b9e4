import DBNCheckpointFormats
import DBNHDF5
import DBNTensors
import DBNTestSupport

extension [UInt8] {
  /// An HDF5 file with right checksums: behind them is most of what is to be tested, and a random
  /// change hits none.
  func mendingHDF5() -> [UInt8] {
    var bytes = self
    for _ in 0..<20 {
      do throws(CheckpointError) {
        _ = try HDF5Format().readIfRecognised(SourceFile(ByteRegion(bytes)), options: .init())
        return bytes
      } catch {
        guard error.code == .checksumMismatch, bytes.mend(error) else { return bytes }
      }
    }
    return bytes
  }

  /// Replaces the checksum that the file has by that of the bytes. The error names both, as eight
  /// digits each, and where they begin.
  ///
  /// - Returns: whether it was found.
  private mutating func mend(_ error: CheckpointError) -> Bool {
    let sums = error.reason.split { !$0.isHexDigit }.filter { $0.count == 8 }
      .compactMap { UInt32($0, radix: 16) }
    guard sums.count == 2, let start = error.offset, start < count,
      let place = self[start...].firstRange(of: littleEndian(sums[0]))
    else { return false }
    replaceSubrange(place, with: littleEndian(sums[1]))
    return true
  }
}
