import DBNCheckpoints
import DBNTensors

/// What the history of a written file says of the job that made it: with which options, and from
/// which bytes. A job whose output has its stamp is done.
package struct JobStamp: Sendable, Equatable {
  /// Changes with a version that writes other bytes for the same options, so that its jobs are done
  /// again.
  static let version = 1
  private static let member = "job"

  /// A file that was read.
  package struct Input: Sendable, Equatable {
    package let byteCount: Int
    package let crc32: UInt32

    package init(byteCount: Int, crc32: UInt32) {
      (self.byteCount, self.crc32) = (byteCount, crc32)
    }
  }

  /// The subcommand.
  let command: String
  /// The options that decide what is written, in the order of their names.
  let options: [String]
  package let inputs: [Input]

  package init(command: String, options: [String], inputs: [Input]) {
    (self.command, self.options, self.inputs) = (command, options, inputs)
  }

  /// The stamp of the last conversion in the history of a written file; nil if there is none.
  ///
  /// - Parameter limitFactor: how many times the usual time and memory the file may cost: as many as
  ///   the input whose values it has.
  /// - Throws: errors of opening the file.
  package init?(ofFile path: String, limitFactor: Int) throws(CheckpointError) {
    var options = ReadingOptions(refusesUnknownClasses: false, acceptsParts: true)
    options.limitFactor = limitFactor
    guard let json = try Checkpoint.open(path, options: options).history.last?[Self.member] else {
      return nil
    }
    self.init(json)
  }

  /// Whether a file with this stamp is what a job with the other stamp would write.
  ///
  /// - Parameter isInPlace: whether the file was the job's input, whose bytes are gone.
  package func isDone(_ job: JobStamp, inPlace isInPlace: Bool) -> Bool {
    command == job.command && options == job.options && (isInPlace || inputs == job.inputs)
  }

  private init?(_ json: JSON) {
    guard json["version"]?.int == Self.version, let command = json["command"]?.string,
      let options = json["options"]?.array,
      let inputs = json["inputs"]?.array
    else { return nil }
    self.command = command
    self.options = options.compactMap(\.string)
    self.inputs = inputs.compactMap { input in
      guard let byteCount = input["bytes"]?.int,
        let crc32 = input["crc32"]?.string.flatMap({ UInt32($0, radix: 16) })
      else { return nil }
      return Input(byteCount: byteCount, crc32: crc32)
    }
  }

  func added(to record: JSON) -> JSON {
    let inputs: [JSON] = inputs.map {
      ["bytes": .int($0.byteCount), "crc32": .string($0.crc32.hexadecimal)]
    }
    let stamp: JSON = [
      "version": .int(Self.version), "command": .string(command),
      "options": .array(options.map { .string($0) }),
      "inputs": .array(inputs),
    ]
    return .object((record.members ?? []) + [.init(Self.member, stamp)])
  }
}
