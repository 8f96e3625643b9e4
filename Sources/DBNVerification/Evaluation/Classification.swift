import DBNExecution
import DBNModels
import DBNPlatform
import DBNTensors

/// How well the outputs of a classifier fit the labels, accumulated sample by sample.
public struct Classification: Sendable, Equatable {
  /// The counts for all samples, or for the samples of a class.
  public struct Tally: Sendable, Equatable {
    /// How many samples were classified.
    public fileprivate(set) var samples = 0
    /// How many have their label's output as the largest; of equal outputs the first counts as
    /// larger.
    public fileprivate(set) var top1 = 0
    /// How many have their label's output among the five largest.
    public fileprivate(set) var top5 = 0
    /// The sum of the losses: cross-entropy of the outputs' softmax, in Float64.
    public fileprivate(set) var lossSum = 0.0

    /// The fraction of samples whose label has the largest output; NaN without samples.
    public var top1Accuracy: Double { samples == 0 ? .nan : Double(top1) / Double(samples) }
    /// The fraction of samples whose label has one of the five largest outputs; NaN without
    /// samples.
    public var top5Accuracy: Double { samples == 0 ? .nan : Double(top5) / Double(samples) }
    /// Where the accuracy on all samples of this kind lies, with 95 % confidence; nil without
    /// samples.
    public var top1Interval: ClosedRange<Double>? { Self.interval(of: top1, among: samples) }
    /// The same of `top5Accuracy`.
    public var top5Interval: ClosedRange<Double>? { Self.interval(of: top5, among: samples) }

    /// The interval of Wilson's score, which stays within 0 ... 1 and has a width even if all
    /// samples are right.
    ///
    /// Source: E. B. Wilson, Probable Inference, the Law of Succession, and Statistical Inference,
    /// Journal of the American Statistical Association 22 (1927), 209-212; as in the NIST
    /// e-Handbook of Statistical Methods, 7.2.4.1.
    static func interval(of hits: Int, among samples: Int) -> ClosedRange<Double>? {
      guard samples > 0 else { return nil }
      let (count, share) = (Double(samples), Double(hits) / Double(samples))
      // The 97.5th percentile of the normal distribution.
      let z = 1.959963984540054
      let center = (share + z * z / (2 * count)) / (1 + z * z / count)
      let radius =
        z / (1 + z * z / count)
        * (share * (1 - share) / count + z * z / (4 * count * count)).squareRoot()
      // At the ends the bounds are exactly 0 and 1; rounding would miss them.
      return (hits == 0 ? 0 : center - radius)...(hits == samples ? 1 : center + radius)
    }

    /// The mean loss.
    public var loss: Double { samples == 0 ? .nan : lossSum / Double(samples) }
  }

  /// The counts for all classes together.
  public private(set) var total = Tally()
  /// The counts by class.
  public private(set) var classes: [Tally] = []
  /// How many samples had a NaN among their outputs; these count as wrong.
  public private(set) var undefined = 0

  init() {}

  /// - Parameters:
  ///   - outputs: [N, classes].
  ///   - labels: N labels.
  ///   - first: the index of the first sample among all, for errors.
  /// - Throws: `invalidSamples` for outputs of another shape, or a label that is not a class.
  mutating func add(
    _ outputs: DenseArray, labels: ArraySlice<Int>, first: Int
  ) throws(CheckpointError) {
    guard outputs.shape.count == 2, outputs.shape[0] == labels.count, outputs.shape[1] > 0 else {
      throw .samples(
        nil,
        "the model's output for \(labels.count) samples has the shape \(outputs.shape), "
          + "not [\(labels.count), number of classes]")
    }
    let count = outputs.shape[1]
    if classes.isEmpty { classes = Array(repeating: Tally(), count: count) }
    for (index, label) in labels.enumerated() {
      guard label < count else {
        throw .samples(
          nil, "sample \(first + index) has the label \(label), and the model has \(count) classes")
      }
      add(outputs.values[index * count..<(index + 1) * count], label)
    }
  }

  private mutating func add(_ outputs: ArraySlice<Double>, _ label: Int) {
    let own = outputs[outputs.startIndex + label]
    let isUndefined = outputs.contains(where: \.isNaN)
    // The number of outputs that sort before the label's, by value and then by index.
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
