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
    // Before anything is read: a file can get its old content back.
    for output in outputs { Assignment.clearLeftovers(besides: output) }
    var names: [FileIdentity: String] = [:]
    var permissions = Permissions()
    for input in inputs.compactMap(\.self) {
      // The user's name for an input is more useful in an error than that of a file in the folder.
      for file in [input] + FormatRegistry.standard.files(at: input) {
        permissions.limit(to: file)
        if let identity = FileIdentity(file), names[identity] == nil { names[identity] = file }
      }
    }
    let existing = ExistingFiles(
      inputs: names, heldFiles: inPlace ? outputs.compactMap { HeldFile($0) } : [],
      replacesInputs: inPlace, replacesOthers: force, newFilePermissions: permissions)
    for output in outputs { try existing.check(output) }
    return existing
  }
}
