import DBNTensors

/// Pickles one after another, with other bytes between them.
struct PickleSequence {
  /// Its position is the end of the last pickle that was read.
  var reader: ByteReader
  /// Whether the pickles are in a file inside another pickle.
  private let isNested: Bool

  init(_ region: ByteRegion, isNested: Bool = false) {
    reader = ByteReader(region)
    self.isNested = isNested
  }

  /// Runs the next pickle.
  ///
  /// - Returns: its value, the machine that owns the value, and the pickle's bytes.
  mutating func next(
    _ source: any StorageSource = NoStorages(), options: ReadingOptions = ReadingOptions()
  ) throws(CheckpointError) -> (value: PickleValue, machine: PickleMachine, bytes: ByteRegion) {
    let rest = try reader.region.slice(from: reader.position, count: reader.remaining)
    var machine = PickleMachine(
      rest, tensors: TensorBuilder(source), opaqueNames: OpaqueNames(options))
    machine.isNested = isNested
    let value = try machine.run()
    return (value, machine, try reader.readRegion(count: machine.reader.position))
  }

  /// The next pickle, which must be a tuple or list with this number of elements, or any number.
  mutating func nextElements(
    _ what: String, count: Int? = nil
  ) throws(CheckpointError) -> (PickleArguments, PickleHeap) {
    let offset = reader.fileOffset
    let (value, machine, _) = try next()
    let arguments = PickleArguments(of: what, [value])
    guard let elements = try? arguments.elements(0, machine.heap),
      elements.count == count ?? elements.count
    else { throw Self.wrong(what, offset) }
    return (PickleArguments(of: what, elements), machine.heap)
  }

  /// The next pickle, which must be a number that is valid as a count.
  mutating func nextCount(_ what: String) throws(CheckpointError) -> Int {
    let offset = reader.fileOffset
    // Not in the pattern: where that does not match, Swift 6.3 would not release the machine.
    let value = try next().value
    guard case .int(let count) = value, count >= 0 else {
      throw Self.wrong(what, offset)
    }
    return count
  }

  static func wrong(_ what: String, _ offset: Int) -> CheckpointError {
    CheckpointError(
      .torchLegacyFormat, offset: offset, "\(what) should be here, but is not",
      advice: "the file is damaged; get it again")
  }
}
