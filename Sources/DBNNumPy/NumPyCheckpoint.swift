package import DBNTensors

import DBNZip

/// NumPy's files: archives of `numpy.savez`, and single arrays of `numpy.save`.
package enum NumPyCheckpoint {
  static let arrayExtension = ".npy"

  /// Whether the file is an array, or an archive whose first record is one.
  package static func recognises(_ file: ByteRegion) -> Bool {
    file.starts(with: NumPyHeader.magic) || isArchive(file)
  }

  /// Reads all arrays as one ordered dictionary, in the archive's order, each under its record's
  /// name without the `.npy`. A single array is the whole checkpoint. Arrays of text become lists of
  /// texts.
  ///
  /// Tensors stay in the file until their bytes are needed. Then compressed arrays are
  /// decompressed, and arrays in Fortran order or big-endian are converted.
  ///
  /// - Throws: an error with one of this module's codes or a zip code. What is neither numbers nor
  ///   text is an unreadable entry of an archive, and an error if it is the whole file.
  package static func read(_ file: ByteRegion) throws(CheckpointError) -> Checkpoint {
    guard isArchive(file) else { return Checkpoint(root: try NumPyHeader.value(file)) }
    var stateDict = CheckpointDictionary(.orderedDict)
    for entry in try ZipArchive(file).entries {
      do throws(CheckpointError) {
        stateDict.set(.string(arrayName(entry.name)), to: try value(entry))
      } catch {
        throw error.with(name: entry.name)
      }
    }
    return Checkpoint(root: .dictionary(stateDict))
  }

  private static func value(_ entry: ZipEntry) throws(CheckpointError) -> CheckpointValue {
    guard entry.name.hasSuffix(arrayExtension) else {
      return .opaque(
        .unreadable("file", "is no array: its name does not end in \(arrayExtension)"))
    }
    do throws(CheckpointError) {
      return try NumPyHeader.value(entry)
    } catch  where Self.unreadable.contains(error.code) {
      return .opaque(.unreadable("array", error.reason))
    }
  }

  /// The codes for arrays that are not damaged, but that no checkpoint can hold.
  private static let unreadable: Set<CheckpointError.Code> = [
    .numPyObjects, .numPyType, .invalidText, .limitExceeded,
  ]

  /// PyTorch's checkpoints are archives too; the name in the first local header distinguishes them.
  private static func isArchive(_ file: ByteRegion) -> Bool {
    ZipArchive.firstName(file)?.hasSuffix(arrayExtension) ?? false
  }

  private static func arrayName(_ record: String) -> String {
    record.hasSuffix(arrayExtension) ? String(record.dropLast(arrayExtension.count)) : record
  }
}

extension ByteRegion {
  func starts(with bytes: [UInt8]) -> Bool {
    withBytes { $0.withUnsafeBytes { $0.starts(with: bytes) } }
  }
}
