import DBNComparison
import DBNConversions
import DBNTensors
import DBNVerification

extension ProofResult {
  /// The result of the proof, for people.
  var lines: [String] {
    guard let promise else { return outputs?.lines() ?? [] }
    var parts: [String] = []
    if promise.merged > 0 {
      parts.append(
        "the statistics of \(counted(promise.merged, "BatchNorm")) follow the merge rule")
    }
    if promise.cast > 0 {
      let error = promise.rounding.relativeError == 0 ? "" : " (\(promise.rounding.errors))"
      parts.append("\(counted(promise.cast, "cast tensor")) hold the nearest values\(error)")
    }
    parts.append("\(counted(promise.kept, "other tensor")) kept bit for bit")
    guard let outputs else {
      return [parts.joined(separator: "; ") + "; outputs not compared: \(whyNotRun)"]
    }
    let scope = outputs.model ?? counted(outputs.layers.count, "BatchNorm")
    parts.append(
      outputs.maxAbsolute == 0
        ? "the outputs of \(scope) are equal"
        : "the outputs of \(scope) are up to \(outputs.maxAbsolute.brief) apart, at worst: "
          + outputs.errors)
    return [parts.joined(separator: "; ") + " (batch of \(outputs.samples), mode eval)"]
  }

  /// The same for programs.
  var json: JSON {
    var members = outputs?.json.members ?? []
    if let promise {
      members.append(
        .init(
          "promise",
          [
            "kept": .bool(promise.isKept), "merged": .int(promise.merged),
            "cast": .int(promise.cast), "unchanged": .int(promise.kept),
            "rounding": .object(
              [.init("max_abs", .double(promise.rounding.maxAbsolute))]
                + promise.rounding.errorMembers),
          ]))
    }
    return .object(members)
  }
}
