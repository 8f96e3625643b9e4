package import DBNTensors

/// The BatchNorms that a conversion changes, and those it leaves alone.
package struct SelectedSites {
  package let sites: [BatchNormSite]
  /// The BatchNorms that the patterns don't select.
  let others: [ConversionReport.Item]
  /// The lookalikes that are not taken for BatchNorms, without those that the patterns don't
  /// select.
  let leftAlone: [ConversionReport.Item]
  /// What is only assumed because the user said it.
  let assumption: Guidance?

  /// - Throws: `noBatchNorm`; `unexpectedLayout` for a BatchNorm that can't be read.
  package init(
    _ stateDict: StateDict, selection: NameSelection, hint: BatchNormSurvey.Hint? = nil
  ) throws(CheckpointError) {
    let survey = BatchNormSurvey(stateDict, hint: hint, including: selection.include)
    let problems = survey.unrecognised.filter { selection.contains($0.name) }
    if let problem = problems.first { throw Self.refusal(problem, among: problems) }
    sites = survey.sites.filter { selection.contains($0.name) }
    let named = (survey.sites + survey.lookalikes).map(\.name)
    others = named.filter { !selection.contains($0) }.map { .init($0, "not selected") }
    leftAlone = survey.leftAlone.filter { selection.contains($0.name) }
    guard !sites.isEmpty else { throw Self.nothing(survey, hint) }
    assumption = hint.flatMap { [sites] in $0.assumption(about: sites, in: stateDict) }
  }

  private static func refusal(
    _ problem: ConversionReport.Item, among problems: [ConversionReport.Item]
  ) -> CheckpointError {
    let alike = problems.dropFirst().filter { $0.reason == problem.reason }.map(\.name)
    let also = alike.isEmpty ? "" : "; so it is with \(alike.quoted(limit: 10))"
    return CheckpointError(
      .unexpectedLayout, name: problem.name, "looks like a BatchNorm, but \(problem.reason)\(also)",
      advice: problem.advice.map { "\($0), or leave it out with \(.excluding)" }
        ?? "to leave this module as it is, name it with \(.excluding)")
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

extension BatchNormSurvey.Hint {
  /// The BatchNorms that are read as the user said, where nothing in the file shows what their
  /// variables are; nil if there is none.
  fileprivate func assumption(about sites: [BatchNormSite], in stateDict: StateDict) -> Guidance? {
    guard let numbering = layout.numbering else { return nil }
    let stated = StatedLayouts(stateDict)
    let isOpen = BatchNormLayout.undecided.contains(layout)
    let assumed = sites.filter { site in
      site.layout == layout && !stated.includes(site.name)
        && (isOpen || !numbering.isName(site.name))
    }
    guard !assumed.isEmpty else { return nil }
    let variables = numbering.quantities.map(\.rawValue).joined(separator: ", ")
    return
      "nothing in the file says what the variables of \(assumed.map(\.name).quoted(limit: 10)) are: "
      + "they are read as \(variables), because you gave \(.sourceLayout(layout.name)); if that is "
      + "not so for each, choose the BatchNorms of each kind by name, as in \(.including(assumed[0].name))"
  }
}

extension [String] {
  /// The first names in quotation marks, and how many more there are.
  fileprivate func quoted(limit: Int) -> String {
    let shown = prefix(limit).map { "'\($0.visible())'" }.joined(separator: ", ")
    return count > limit ? "\(shown) and \(count - limit) more" : shown
  }
}
