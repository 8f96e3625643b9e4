import DBNModels
package import DBNTensors

/// Compares the programs in two files: the same weights with another program are another model.
enum ProgramComparison {
  /// Neither file has a program, or both have the same.
  case equal
  case different
  /// Only one of the files has a program.
  case onlyInFirst
  case onlyInSecond
  /// The texts differ, and one of them can't be read.
  case unknown(reason: String)

  /// - Parameter mode: the mode in which the models are compared; nil: each program's own.
  init(_ a: Checkpoint, _ b: Checkpoint, mode: ExecutionMode?) {
    switch (a.graph, b.graph) {
    case (nil, nil): self = .equal
    case (_?, nil): self = .onlyInFirst
    case (nil, _?): self = .onlyInSecond
    case (let textA?, let textB?) where textA == textB: self = .equal
    default:
      do throws(CheckpointError) {
        guard let modelA = try a.model(), let modelB = try b.model() else {
          self = .equal
          return
        }
        self = modelA.graph.computes(as: modelB.graph, mode: mode) ? .equal : .different
      } catch {
        self = .unknown(reason: error.reason)
      }
    }
  }
}

extension VerificationResult {
  /// Adds the result of comparing the files' programs.
  ///
  /// - Parameter isCompared: whether the files' programs count; false if the user named the model.
  mutating func add(_ programs: ProgramComparison, isCompared: Bool) {
    let name = "program"
    let only = ConversionReport.Item(name, "its operations, which the other file does not carry")
    let unread = ConversionReport.Item(name, "its operations: another model was named")
    switch programs {
    case .equal: break
    case .onlyInFirst: scope.restOfFirst.append(isCompared ? only : unread)
    case .onlyInSecond: scope.restOfSecond.append(isCompared ? only : unread)
    case .different where isCompared:
      otherDifferences.append(.init(name, "the programs in the two files compute different things"))
    case .different:
      scope.restOfFirst.append(unread)
      scope.restOfSecond.append(unread)
    case .unknown(let reason):
      let item = ConversionReport.Item(
        name, "its operations differ in text and can't be read: \(reason)")
      scope.restOfFirst.append(item)
      scope.restOfSecond.append(item)
    }
  }
}

extension Checkpoint {
  /// The epsilon and momentum of the file's BatchNorms, including those in its program.
  package var allBatchNormSettings: BatchNormSettingsTable {
    // A program that can't be read has no settings; comparing programs reports it.
    guard let graph = (try? model())??.graph else { return batchNormSettings }
    var ofProgram = BatchNormSettingsTable()
    for node in graph.nodes {
      guard let attributes = node.operation.batchNorm else { continue }
      let norm = attributes.norm
      ofProgram[attributes.module] = BatchNormSettings(
        epsilon: norm.eps,
        momentum: attributes.mayBeCumulative
          ? nil : norm.momentum.map { .exponential($0) } ?? .cumulative)
    }
    return batchNormSettings.filled(from: ofProgram)
  }
}
