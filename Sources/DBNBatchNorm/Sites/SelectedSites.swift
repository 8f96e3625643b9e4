package import DBNTensors

/// The BatchNorms that a conversion changes, and those it leaves alone.
package struct SelectedSites {
  package let sites: [BatchNormSite]
  /// The BatchNorms that the patterns don't select.
  let others: [ConversionReport.Item]
  /// The lookalikes that are not taken for BatchNorms, without those that the patterns don't
  /// select.
  let leftAlone: [ConversionReport.Item]

  /// - Throws: `noBatchNorm`; `unexpectedLayout` for a BatchNorm that can't be read.
  package init(
    _ stateDict: StateDict, selection: NameSelection, hint: BatchNormSurvey.Hint? = nil
  ) throws(CheckpointError) {
    let survey = BatchNormSurvey(stateDict, hint: hint, including: selection.include)
    if let problem = survey.unrecognised.first(where: { selection.contains($0.name) }) {
      throw CheckpointError(
        .unexpectedLayout, name: problem.name, "looks like a BatchNorm, but \(problem.reason)",
        advice: problem.advice.map { "\($0), or leave it out with \(.excluding)" }
          ?? "to leave this module as it is, name it with \(.excluding)")
    }
    sites = survey.sites.filter { selection.contains($0.name) }
    let named = (survey.sites + survey.lookalikes).map(\.name)
    others = named.filter { !selection.contains($0) }.map { .init($0, "not selected") }
    leftAlone = survey.leftAlone.filter { selection.contains($0.name) }
    guard !sites.isEmpty else { throw Self.nothing(survey, hint) }
  }

  private static func nothing(
    _ survey: BatchNormSurvey, _ hint: BatchNormSurvey.Hint?
  ) -> CheckpointError {
    let reason =
      if !survey.sites.isEmpty {
        "none of the \(survey.sites.count) BatchNorms is selected by the patterns"
      } else if let problem = survey.unrecognised.first {
        "there is no BatchNorm but '\(problem.name.visible())', which the patterns leave out and "
          + "which can't be read as one: \(problem.reason)"
      } else if let hint {
        "there is no BatchNorm of the layout \(hint.layout.name) in the state dict"
      } else {
        "there is no BatchNorm in the state dict (a name such as running_mean or moving_mean would "
          + "show one)"
      }
    if survey.sites.isEmpty, survey.unrecognised.isEmpty,
      let lookalike = survey.leftAlone.first
    {
      return CheckpointError(
        .noBatchNorm, name: lookalike.name, lookalike.reason, advice: lookalike.advice)
    }
    return CheckpointError(
      .noBatchNorm, reason, advice: "see what is in the file with \(.inspection)")
  }
}
