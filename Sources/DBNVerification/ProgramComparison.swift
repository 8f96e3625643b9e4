import DBNModels
import DBNTensors

/// Compares the programs that two files carry beside their weights: the same weights in another
/// program are another model.
enum ProgramComparison {
  /// Neither file carries one, or both the same.
  case equal
  case different
  /// Only the first, or only the second, carries one.
  case onlyInFirst
  case onlyInSecond
  /// The texts differ and one can't be read here.
  case unknown(reason: String)

  init(_ a: Checkpoint, _ b: Checkpoint) {
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
        self = modelA.graph.computes(as: modelB.graph) ? .equal : .different
      } catch {
        self = .unknown(reason: error.reason)
      }
    }
  }
}

extension VerificationResult {
  /// Adds what a comparison of the files' programs gave.
  ///
  /// - Parameter isCompared: whether the files' own programs count; not where a person names the model.
  mutating func add(_ programs: ProgramComparison, isCompared: Bool) {
    let name = "program"
    let only = ConversionReport.Item(name, "its operations, which the other file does not carry")
    let unread = ConversionReport.Item(name, "its operations: another model was named")
    switch programs {
    case .equal: break
    case .onlyInFirst: scope.restOfFirst.append(isCompared ? only : unread)
    case .onlyInSecond: scope.restOfSecond.append(isCompared ? only : unread)
    case .different where isCompared:
      differentTensors.append(.init(name, "the files carry programs that compute something else"))
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
  /// The epsilon and momentum that the file has for its BatchNorms, its program included.
  var allBatchNormSettings: BatchNormSettingsTable {
    // A program that can't be read has none; where programs are compared, that is an item.
    guard let graph = (try? model())??.graph else { return batchNormSettings }
    var ofProgram = BatchNormSettingsTable()
    for node in graph.nodes {
      guard let attributes = node.operation.batchNorm else { continue }
      let norm = attributes.norm
      ofProgram[attributes.module] = BatchNormSettings(
        epsilon: norm.eps, momentum: norm.momentum.map { .exponential($0) } ?? .cumulative)
    }
    return batchNormSettings.filled(from: ofProgram)
  }
}
