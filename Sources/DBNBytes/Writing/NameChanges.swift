import DBNPlatform

/// Changes of names that are made all together or not at all, even if the process is killed: they
/// are written down first, and whoever finds them unfinished undoes them.
struct NameChanges {
  private struct Step {
    let change: NameChange
    let location: OutputLocation
    let record: ChangeRecord
    /// The file that takes the name; nil if it is only taken away.
    let file: UnnamedFile?
  }

  private var steps: [Step] = []

  /// Writes the changes down.
  ///
  /// - Parameters:
  ///   - files: the files that take their names, in this order.
  ///   - removed: the files that lose theirs afterwards, in this order.
  init(
    _ files: [UnnamedFile], removing removed: [OutputLocation], _ records: ChangeRecords
  ) throws(CheckpointError) {
    for file in files {
      let record = try records.record(for: file.location)
      add(file.location, record, file, temporary: file.temporaryName ?? record.makeName())
    }
    for location in removed {
      let record = try records.record(for: location)
      add(location, record, temporary: record.makeName())
    }
    try forEachRecord { record, location throws(CheckpointError) in try record.write(at: location) }
  }

  private mutating func add(
    _ location: OutputLocation, _ record: ChangeRecord, _ file: UnnamedFile? = nil,
    temporary: String
  ) {
    let change = NameChange(
      target: location.target, newFile: file?.identity, temporary: temporary,
      backup: record.makeName(), isFree: location.status == nil)
    record.add(change)
    steps.append(Step(change: change, location: location, record: record, file: file))
  }

  /// Makes the changes; on an error all are undone. The replaced files are removed with the records.
  func make() throws(CheckpointError) {
    do throws(CheckpointError) {
      for step in steps {
        if let file = step.file {
          try file.takeName(step.change)
        } else {
          try remove(step)
        }
      }
      try forEachRecord { record, location throws(CheckpointError) in
        try record.clear(at: location)
      }
    } catch {
      undo()
      throw error
    }
  }

  /// Takes the name from a file that may be replaced, if there is one.
  private func remove(_ step: Step) throws(CheckpointError) {
    guard let status = step.location.status else { return }
    try step.location.check(status)
    guard rename(step.change.target, step.change.backup) == 0 else {
      if errno == ENOENT { return }
      throw Renaming.error(step.location)
    }
    try Renaming.check(step.change.backup, step.location)
  }

  private func undo() {
    var isUndone = true
    for step in steps.reversed() where !step.change.undo() { isUndone = false }
    if !isUndone { for step in steps { step.record.leave() } }
  }

  /// Calls `body` with each record once, and a location in its folder.
  private func forEachRecord(
    _ body: (ChangeRecord, OutputLocation) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    var seen: Set<String> = []
    for step in steps where seen.insert(step.record.path).inserted {
      try body(step.record, step.location)
    }
  }
}
