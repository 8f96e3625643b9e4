import DBNCheckpoints
public import DBNTensors

extension CheckpointError.Code {
  /// No tensor of a file can be read.
  public static let nothingSalvaged = Self("nothing-salvaged")
}

extension Conversion {
  /// What is left of a file that was cut off or damaged: every tensor is read, and those that can't
  /// be are left out.
  ///
  /// PyTorch's zip files, safetensors and HDF5 files can be salvaged without their end. Of files in
  /// any format, tensors whose bytes don't have their checksum are found.
  ///
  /// - Parameters:
  ///   - limitFactor: how many times the usual time and memory the file may cost.
  ///   - progress: called with the total number of bytes and the number just read, on any thread.
  /// - Returns: a result whose losses are the entries left out, with the reason. A graph is dropped
  ///   if there are any, since it uses them.
  /// - Throws: as `Checkpoint.open`, if even so nothing of the file can be read; `nothingSalvaged`.
  public static func salvaging(
    _ path: String, limitFactor: Int = 1,
    progress: @Sendable (_ total: Int, _ read: Int) -> Void = { _, _ in }
  ) throws(CheckpointError) -> ConversionResult {
    var options = ReadingOptions.salvaging
    options.limitFactor = limitFactor
    let source = try Conversion(opening: path, options: options)
    let failures = try source.checkpoint.unreadableStorages(progress: progress)
    var (salvaged, report) = (source.checkpoint, ConversionReport())
    let root = salvaged.root.removingLeaves { path, value in
      if case .opaque(let value) = value, let reason = value.unreadableReason {
        report.losses.append(.init("\(path)", reason))
        return true
      }
      guard let tensor = value.tensor else { return false }
      guard let failure = failures[ObjectIdentifier(tensor.storage)] else {
        report.converted.append("\(path)")
        return false
      }
      report.losses.append(.init("\(path)", failure.reason))
      return true
    }
    salvaged.root = root ?? .none
    salvaged.settle(as: source.checkpoint)
    guard !report.converted.isEmpty else {
      throw CheckpointError(
        .nothingSalvaged, path: path,
        report.losses.isEmpty
          ? "there are no tensors in it" : "none of its \(report.losses.count) entries can be read",
        advice: "get the file again")
    }
    if salvaged.graphIsLost {
      report.losses.append(.init("graph", "it is in a part of the file that is missing or damaged"))
    }
    if !report.losses.isEmpty, salvaged.graph != nil {
      salvaged.graph = nil
      report.skipped.append(.init("graph", "it uses tensors that are lost"))
    }
    return ConversionResult(
      source, salvaged,
      record: ["operation": "salvage", "tensors_lost": .int(report.losses.count)], report,
      notes: salvaged.notes, examining: .all, basis: salvaged.basisOfWhatIsWritten)
  }
}

extension Checkpoint {
  /// The errors of the storages that can't be read, by the storage.
  fileprivate func unreadableStorages(
    progress: @Sendable (Int, Int) -> Void
  ) throws(CheckpointError) -> [ObjectIdentifier: CheckpointError] {
    let (storages, total, budget) = (storages, tensorByteCount, MemoryBudget.current)
    let failures = try concurrentMap(storages.count) { index throws(CheckpointError) in
      do throws(CheckpointError) {
        _ = try storages[index].storage.crc32(pieces: 1 << 20, within: budget) { _, piece in
          progress(total, piece.byteCount)
        }
        return nil as CheckpointError?
      } catch {
        return error
      }
    }
    var result: [ObjectIdentifier: CheckpointError] = [:]
    for (storage, failure) in zip(storages, failures) {
      result[ObjectIdentifier(storage.storage)] = failure
    }
    return result
  }

  /// Keeps the state dict where it was in the broken file, and notes where readers of the result
  /// will look for it.
  fileprivate mutating func settle(as broken: Checkpoint) {
    guard let entry = (try? broken.findStateDict())?.entry else { return }
    let found = (try? findStateDict())?.entry
    settledEntry = entry
    guard let found, found != entry else { return }
    notes.append(
      "'\(found)' has lost less than the state dict at '\(entry)' and comes first now: choose with "
        + "\(.entry(entry.description)) when the result is used")
  }

  fileprivate var basisOfWhatIsWritten: ProofBasis.Maker {
    { () throws(CheckpointError) in
      let (entry, stateDict) = try findStateDict(at: nil)
      return ProofBasis(stateDict, writtenAt: entry, settings: batchNormSettings)
    }
  }
}
