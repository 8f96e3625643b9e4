import DBNConversions
import DBNTensors

/// What a line of results says of a job that was done.
struct JobRecord: Equatable {
  /// A file that was read, as it was then.
  struct Input: Equatable {
    let state: InputState
    /// nil if its bytes were not read for a checksum.
    let crc32: UInt32?
  }

  let inputs: [Input]
  /// The file that was written, as it was then; nil for a command that only examines files.
  let output: InputState?
  /// The exit status that the job alone would have had: 0, or 1 for a difference.
  let exit: Int

  /// Whether doing the job again would give the same, as far as sizes and times of files tell; or,
  /// if the inputs are read again, their checksums.
  ///
  /// - Throws: `system` if an input can't be read.
  func holds(rehashing: Bool) throws(CheckpointError) -> Bool {
    guard output == output.flatMap({ InputState($0.path) }) else { return false }
    for input in inputs where input.state.path != output?.path {
      guard rehashing else {
        if InputState(input.state.path) != input.state { return false }
        continue
      }
      guard let crc32 = input.crc32,
        try InputState.checksum(of: input.state.path) == crc32
      else { return false }
    }
    return true
  }
}

extension JobRecord {
  var members: [JSON.Member] {
    let read: [JSON] = inputs.map { input in
      .object(
        input.state.members
          + [.init("crc32", input.crc32.map { .string($0.hexadecimal) } ?? .null)])
    }
    return [
      .init("read", .array(read)),
      .init("written", output.map { .object($0.members) } ?? .null),
    ]
  }

  /// nil for a line of a job that has failed.
  init?(_ line: JSON) {
    guard line["status"]?.string != JobOutcome.Status.failed.rawValue, let exit = line["exit"]?.int,
      let inputs = line["read"]?.array, let written = line["written"]
    else { return nil }
    self.exit = exit
    self.inputs = inputs.compactMap { input in
      InputState(input).map {
        Input(state: $0, crc32: input["crc32"]?.string.flatMap { UInt32($0, radix: 16) })
      }
    }
    output = InputState(written)
    // Of a record that is only partly understood, nothing follows.
    guard self.inputs.count == inputs.count, output != nil || written == .null else { return nil }
  }
}

extension InputState {
  fileprivate var members: [JSON.Member] {
    [
      .init("path", .string(path)), .init("bytes", .int(byteCount)),
      .init("modified", .int(modified)),
    ]
  }

  fileprivate init?(_ json: JSON) {
    guard let path = json["path"]?.string, let byteCount = json["bytes"]?.int,
      let modified = json["modified"]?.int
    else { return nil }
    self.init(path: path, byteCount: byteCount, modified: modified)
  }
}
