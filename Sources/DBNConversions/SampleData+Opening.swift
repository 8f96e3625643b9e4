import DBNCheckpoints
public import DBNTensors
public import DBNVerification

extension SampleData {
  /// Opens samples: a file of any readable format, with `x` or `images`, and `y` or `labels`.
  ///
  /// - Parameter options: those of the model's checkpoint, of which only the limits count.
  /// - Throws: as `Checkpoint.open` and `SampleData.init`, with the path.
  public init(
    opening path: String, labelled: Bool, scaling: InputScaling = InputScaling(),
    reading options: ReadingOptions = ReadingOptions()
  ) throws(CheckpointError) {
    do throws(CheckpointError) {
      let file = try Checkpoint.open(path, options: options.besideTheModel)
      try self.init(Self.stateDict(of: file), labelled: labelled, scaling: scaling)
      notes = (file.inconsistency.map { ["\(path): \($0)"] } ?? []) + notes.map { "\(path): " + $0 }
      self.path = path
    } catch {
      throw error.with(path: path)
    }
  }

  private static func stateDict(of file: Checkpoint) throws(CheckpointError) -> StateDict {
    guard file.root.tensor == nil else {
      throw CheckpointError(
        .invalidSamples, "is a single tensor, and samples and labels are found by their names",
        advice: "save them together: numpy.savez('samples.npz', x=images, y=labels)")
    }
    return try file.stateDict()
  }
}

extension InputScaling {
  /// The scaling of stored numbers as JSON, for programs and for the history.
  package var json: JSON {
    [
      "divide": .double(divisor), "mean": .array(mean.map { .double($0) }),
      "std": .array(deviation.map { .double($0) }),
    ]
  }
}
