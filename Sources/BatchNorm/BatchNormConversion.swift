public import Tensors

/// What converting the BatchNorms of a state dict gave.
public struct BatchNormConversion: Sendable {
  /// The converted state dict: same names, same order, everything but the buffers untouched.
  public let stateDict: StateDict
  public let report: ConversionReport
  /// What to write into the file's history: what was done, by which rule, what was lost.
  public let record: JSON
}

extension CheckpointError.Code {
  /// There is no BatchNorm to convert, or none that the patterns select.
  public static let noBatchNorm = Self("no-batch-norm")
  /// The BatchNorms are not in the layout that the conversion starts from.
  public static let unexpectedLayout = Self("unexpected-layout")
  /// The number of virtual devices, or of a replica, makes no sense.
  public static let invalidWorldSize = Self("invalid-world-size")
  /// Replicas differ where they must be identical.
  public static let replicasDiffer = Self("replicas-differ")
}

/// The part that all conversions share: find, select, convert one by one, report.
struct BatchNormConverter {
  let selected: [BatchNormSite]
  var report = ConversionReport()

  init(
    _ stateDict: StateDict, selection: BatchNormSelection, from layout: BatchNormLayout
  ) throws(CheckpointError) {
    let survey = BatchNormSurvey(stateDict)
    let named = survey.sites.filter { selection.contains($0.name) }
    let unreadable = survey.unrecognised.filter { selection.contains($0.name) }
    if let problem = unreadable.first {
      throw CheckpointError(
        .unexpectedLayout, name: problem.name, "looks like a BatchNorm, but \(problem.reason)",
        advice: "leave it out with --exclude if it is something else")
    }
    guard !named.isEmpty else {
      throw CheckpointError(
        .noBatchNorm,
        survey.sites.isEmpty
          ? "there is no BatchNorm in the state dict (nothing is called running_mean)"
          : "none of the \(survey.sites.count) BatchNorms is selected by the patterns",
        advice: "see what is in the file with 'dbn-convert info'")
    }
    selected = named.filter { $0.layout == layout }
    guard !selected.isEmpty else { throw Self.unexpectedLayout(named[0], wanted: layout) }
    for site in named where site.layout != layout {
      report.skipped.append(.init(site.name, "already \(site.layout)"))
    }
    for site in survey.sites where !selection.contains(site.name) {
      report.skipped.append(.init(site.name, "not selected"))
    }
  }

  private static func unexpectedLayout(
    _ site: BatchNormSite, wanted: BatchNormLayout
  ) -> CheckpointError {
    CheckpointError(
      .unexpectedLayout, name: site.name,
      "its layout is already \(site.layout), not \(wanted)",
      advice: site.layout == .standard
        ? "there is nothing to merge" : "merge the replicas first with 'dbn-convert to-standard'")
  }

  /// Replaces the buffers of the selected BatchNorms by what `convert` makes of each.
  ///
  /// Tied buffers (a BatchNorm that stands in the model twice) stay tied, if all that their new
  /// values are made from is: `sources` names those keys.
  func replaceBuffers(
    in stateDict: StateDict,
    from sources: (BatchNormSite, String) -> [String] = { [$1] },
    _ convert: (BatchNormSite, String, Tensor) throws(CheckpointError) -> Tensor
  ) throws(CheckpointError) -> StateDict {
    var result = stateDict
    var converted: [[ObjectIdentifier?]: Tensor] = [:]
    for site in selected {
      for key in site.bufferKeys {
        guard let buffer = stateDict[key] else { continue }
        let identity = sources(site, key).map { key in
          stateDict[key].map { ObjectIdentifier($0.storage) }
        }
        do throws(CheckpointError) {
          if converted[identity] == nil { converted[identity] = try convert(site, key, buffer) }
          result[key] = converted[identity]
        } catch {
          throw error.with(name: key)
        }
      }
    }
    return result
  }
}
