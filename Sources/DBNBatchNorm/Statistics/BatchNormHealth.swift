public import DBNTensors

/// What is wrong with the numbers of BatchNorms: statistics that no training leaves, or none
/// at all.
///
/// Only what the numbers themselves show is an issue; a healthy BatchNorm has none. Nothing here
/// changes what a conversion writes.
public struct BatchNormHealth: Sendable {
  /// A kind of fault. The raw value is its code in JSON, and stays the same between versions.
  public enum Issue: String, Sendable, Hashable, CaseIterable {
    /// NaN or infinite numbers, in statistics, parameters or a counter.
    case notFinite = "not_finite"
    /// Running variances below 0.
    case negativeVariance = "negative_variance"
    /// Running variances of exactly 0.
    case zeroVariance = "zero_variance"
    /// Running variances stored as float16 that are 0 or subnormal: below 6.1e-5, where float16 has
    /// few digits left or none.
    case float16Underflow = "float16_underflow"
    /// Running statistics as a BatchNorm starts with, mean 0 and variance 1, of which no batch was
    /// counted, or which one device still has while others have moved on. Where there is no counter
    /// and one set of statistics, there is no item: a frozen BatchNorm may be meant to be like that.
    case neverTrained = "never_trained"
    /// A number of batches below 0.
    case negativeCounter = "negative_counter"
    /// The tensors could not be read as numbers; the item's reason says why.
    case notExamined = "not_examined"
  }

  /// One fault of one BatchNorm, of one device where devices have their own statistics.
  public struct Item: Sendable, Hashable {
    /// The module's name, `layer1.0.bn1`; empty when the whole state dict is one BatchNorm.
    public var name: String
    /// What is wrong with the numbers.
    public let issue: Issue
    /// Which of its tensors; nil when it is not about one of them.
    public let quantity: BatchNormQuantity?
    /// How many of the channels are concerned: all of them where it is about a counter.
    public let channels: Int
    /// C, how many channels there are.
    public let features: Int
    /// Counted from 0; nil for what all devices share, and for all of them alike.
    public let device: Int?
    /// Why it could not be examined.
    public let reason: String?
  }

  /// In the order of the BatchNorms.
  public private(set) var items: [Item] = []
  /// How many BatchNorms were looked at.
  public private(set) var batchNormCount = 0

  /// Nothing found, of no BatchNorms.
  public init() {}

  /// Looks at the tensors of these BatchNorms, in pieces, and at no others.
  public init(of sites: [BatchNormSite], in stateDict: StateDict) {
    batchNormCount = sites.count
    items = sites.flatMap { SiteExamination($0, in: stateDict).items }
  }

  /// Looks at all BatchNorms that are recognised, in every state dict of the checkpoint.
  /// Those of a state dict that is not the one `findStateDict` finds have its entry before their
  /// names: `state_dict_ema/bn1`.
  public init(_ checkpoint: Checkpoint) {
    let main = try? checkpoint.findStateDict().entry
    for entry in checkpoint.stateDictEntries {
      guard let stateDict = try? checkpoint.stateDict(at: entry) else { continue }
      var health = BatchNormHealth(of: BatchNormSurvey(stateDict).sites, in: stateDict)
      if main != entry, !entry.keys.isEmpty { health.prefixNames(with: "\(entry)/") }
      formUnion(health)
    }
  }

  /// Those of other BatchNorms too.
  public mutating func formUnion(_ other: BatchNormHealth) {
    items += other.items
    batchNormCount += other.batchNormCount
  }

  /// Only what is about BatchNorms of these names.
  public func filtered(_ isIncluded: (String) -> Bool) -> BatchNormHealth {
    var result = self
    result.items = items.filter { isIncluded($0.name) }
    return result
  }

  /// With what is wrong only with the same BatchNorms in another state.
  func adding(_ other: BatchNormHealth) -> BatchNormHealth {
    func kind(_ item: Item) -> [String] {
      [item.name, item.issue.rawValue, item.quantity?.rawValue ?? ""]
    }
    let known = Dictionary(items.map { (kind($0), $0.channels) }, uniquingKeysWith: max)
    var result = self
    result.items += other.items.filter { $0.channels > known[kind($0), default: 0] }
    return result
  }

  /// Says which state dict they are in.
  package mutating func prefixNames(with prefix: String) {
    for index in items.indices { items[index].name = prefix + items[index].name }
  }
}
