import ArgumentParser
import DBNConversions
import DBNTensors

/// A command that can certify what it finds.
protocol CertifiedCommand: ParsableCommand {
  /// Makes the command's comparison again, and writes nothing.
  func finding(repeating certificate: Certificate) throws -> Certificate.Finding
}

extension Certificate {
  /// Makes the certified comparison again, with the same options on the same files.
  ///
  /// - Throws: `notACertificate` for arguments that no command of this version has certified; errors
  ///   of the comparison.
  func repeated() throws -> Finding {
    let command: any ParsableCommand
    do {
      command = try DBNConvert.parseAsRoot(request)
    } catch {
      throw Self.invalid("this version does not know its arguments")
    }
    guard let command = command as? any CertifiedCommand else {
      throw Self.invalid("'\(request.first?.visible() ?? "")' makes no certificates")
    }
    return try command.finding(repeating: self)
  }
}

extension ProofOptions {
  /// The proof of a file that was written before, with the same options.
  func finding(
    of result: @autoclosure () throws -> ConversionResult, at output: String,
    repeating certificate: Certificate
  ) throws -> Certificate.Finding {
    guard let proof else { throw Certificate.invalid("its command made no proof") }
    return try result().proving(output, by: proof, without: certificate.leftOut).finding(
      without: certificate.leftOut)
  }

  /// Adds the certificate of a proven result to the staged files, if one was requested.
  ///
  /// - Parameters:
  ///   - inputs: every file and folder that the command reads.
  ///   - files: the written file.
  func certify(
    _ result: ConversionResult, reading inputs: [String?], in files: inout StagedFiles
  ) throws(CheckpointError) {
    guard let proven = result.proof else { return }
    try certificate.stage(
      proven.finding(without: result.leftOut), reading: inputs + [model?.fileOfModel], in: &files)
  }
}

extension ProofResult {
  fileprivate func finding(without leftOut: [ConversionReport.Item]) -> Certificate.Finding {
    let items: [JSON] = leftOut.map { ["name": .string($0.name), "reason": .string($0.reason)] }
    return Certificate.Finding(
      .object((json.members ?? []) + [.init("left_out", .array(items))]), compared: compared)
  }
}

extension Certificate {
  /// What the written file's format could not store.
  fileprivate var leftOut: [ConversionReport.Item] {
    (result["left_out"]?.array ?? []).compactMap { item in
      guard let name = item["name"]?.string, let reason = item["reason"]?.string else { return nil }
      return .init(name, reason)
    }
  }
}
