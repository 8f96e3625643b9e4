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
  /// name without the `.npy`. A single array is the whole checkpoint.
  ///
  /// Tensors stay in the file until their bytes are needed. Then compressed arrays are
  /// decompressed, and arrays in Fortran order or big-endian are converted.
  ///
  /// - Throws: an error with one of this module's codes or a zip code.
  package static func read(_ file: ByteRegion) throws(CheckpointError) -> Checkpoint {
    guard isArchive(file) else {
      return Checkpoint(root: .tensor(try NumPyHeader.tensor(file)))
    }
    var stateDict = CheckpointDictionary(.orderedDict)
    for entry in try ZipArchive(file).entries {
      do throws(CheckpointError) {
        let name = try arrayName(entry.name)
        stateDict.set(.string(name), to: .tensor(try NumPyHeader.tensor(entry)))
      } catch {
        throw error.with(name: entry.name)
      }
    }
    return Checkpoint(root: .dictionary(stateDict))
  }

  /// PyTorch's checkpoints are archives too; the name in the first local header distinguishes them.
  private static func isArchive(_ file: ByteRegion) -> Bool {
    ZipArchive.firstName(file)?.hasSuffix(arrayExtension) ?? false
  }

  private static func arrayName(_ record: String) throws(CheckpointError) -> String {
    guard record.hasSuffix(arrayExtension) else {
      throw CheckpointError(
        .notNumPy, "is not an array: its name does not end in \(arrayExtension)",
        advice: "remove it from the archive")
    }
    return String(record.dropLast(arrayExtension.count))
  }
}

extension ByteRegion {
  func starts(with bytes: [UInt8]) -> Bool {
    withBytes { $0.withUnsafeBytes { $0.starts(with: bytes) } }
  }
}
