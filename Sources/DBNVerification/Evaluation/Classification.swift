import DBNExecution
import DBNModels
import Glibc
import DBNTensors

/// How well the outputs of a classifier fit the labels, added up sample by sample.
public struct Classification: Sendable, Equatable {
  /// What is counted of all samples, or of those of a class.
  public struct Tally: Sendable, Equatable {
    /// How many samples were classified.
    public fileprivate(set) var samples = 0
    /// How many have their class's output as the largest; of equal outputs the first counts as larger.
    public fileprivate(set) var top1 = 0
    /// How many have it among the five largest.
    public fileprivate(set) var top5 = 0
    /// The sum of the losses: cross-entropy of the outputs' softmax, in Float64.
    public fileprivate(set) var lossSum = 0.0

    /// The share of samples whose label has the largest output, from 0 to 1; NaN without samples.
    public var top1Accuracy: Double { samples == 0 ? .nan : Double(top1) / Double(samples) }
    /// The share of samples whose label is among the five largest outputs, from 0 to 1; NaN without
    /// samples.
    public var top5Accuracy: Double { samples == 0 ? .nan : Double(top5) / Double(samples) }
    /// The mean loss.
    public var loss: Double { samples == 0 ? .nan : lossSum / Double(samples) }
  }

  /// Of all classes together.
  public private(set) var total = Tally()
  /// By class.
  public private(set) var classes: [Tally] = []
  /// How many samples had an output that is NaN: those count as wrong.
  public private(set) var undefined = 0

  init() {}

  /// - Parameters:
  ///   - outputs: [N, classes].
  ///   - labels: N of them.
  ///   - first: which sample of all is the first, for errors.
  /// - Throws: `invalidSamples` for outputs of another shape, or a label that is no class.
  mutating func add(
    _ outputs: DenseArray, labels: ArraySlice<Int>, first: Int
  ) throws(CheckpointError) {
    guard outputs.shape.count == 2, outputs.shape[0] == labels.count, outputs.shape[1] > 0 else {
      throw .samples(
        nil,
        "the model's output for \(labels.count) samples has the shape \(outputs.shape), "
          + "which is not a number for each sample and class")
    }
    let count = outputs.shape[1]
    if classes.isEmpty { classes = Array(repeating: Tally(), count: count) }
    for (index, label) in labels.enumerated() {
      guard label < count else {
        throw .samples(
          nil, "sample \(first + index) has the label \(label), and the model \(count) classes")
      }
      add(outputs.values[index * count..<(index + 1) * count], label)
    }
  }

  private mutating func add(_ outputs: ArraySlice<Double>, _ label: Int) {
    let own = outputs[outputs.startIndex + label]
    let isUndefined = outputs.contains(where: \.isNaN)
    // How many outputs are before the label's, sorted by size and then by index.
    let rank = outputs.indices.count { index in
      outputs[index] > own || (outputs[index] == own && index < outputs.startIndex + label)
    }
    let largest = outputs.max() ?? own
    let sum = outputs.reduce(0) { $0 + exp($1 - largest) }
    let loss = isUndefined ? .nan : log(sum) - (own - largest)
    undefined += isUndefined ? 1 : 0
    total.add(rank: isUndefined ? .max : rank, loss)
    classes[label].add(rank: isUndefined ? .max : rank, loss)
  }
}

extension Classification.Tally {
  fileprivate mutating func add(rank: Int, _ loss: Double) {
    samples += 1
    top1 += rank < 1 ? 1 : 0
    top5 += rank < 5 ? 1 : 0
    lossSum += loss
  }
}
