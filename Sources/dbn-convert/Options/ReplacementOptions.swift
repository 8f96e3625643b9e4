import ArgumentParser
import DBNCheckpoints
import DBNTensors

/// Which files a command may replace.
struct ReplacementOptions: ParsableArguments {
  @Flag(help: "Replace existing files with an output's name, except files that the command reads.")
  var force = false

  @Flag(help: "Let an output replace a file that the command reads, once it is complete.")
  var inPlace = false

  /// What happens to existing files with the outputs' names: to be called before anything is read.
  ///
  /// - Parameters:
  ///   - outputs: the outputs whose names are known.
  ///   - inputs: every file and folder that the command reads.
  /// - Throws: `fileExists`, `outputIsInput` or `notARegularFile`, if an output can't be written.
  func existingFiles(
    outputs: [String], inputs: [String?]
  ) throws(CheckpointError) -> ExistingFiles {
    try Self.existingFiles(outputs, inputs, force: force, inPlace: inPlace)
  }

  static func existingFiles(
    _ outputs: [String], _ inputs: [String?], force: Bool, inPlace: Bool
  ) throws(CheckpointError) -> ExistingFiles {
    // Listing the files of a folder or an index requires reading it; this is skipped if all names
    // are free.
    let isFree = outputs.allSatisfy { (try? ExistingFiles.refuse.check($0)) != nil }
    if isFree, !force, !inPlace { return .refuse }
    var names: [FileIdentity: String] = [:]
    for input in inputs {
      guard let input else { continue }
      // The user's name for an input is more useful in an error than that of a file in the folder.
      if let identity = FileIdentity(input) { names[identity] = input }
      for file in FormatRegistry.standard.files(at: input) {
        if let identity = FileIdentity(file), names[identity] == nil { names[identity] = file }
      }
    }
    let existing = ExistingFiles(
      inputs: names, heldFiles: inPlace ? outputs.compactMap { HeldFile($0) } : [],
      replacesInputs: inPlace, replacesOthers: force)
    for output in outputs { try existing.check(output) }
    return existing
  }
}
