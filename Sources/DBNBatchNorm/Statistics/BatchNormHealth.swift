public import DBNTensors

/// Faults in the numbers of BatchNorms: statistics that training can't produce, or that were never
/// trained.
///
/// Only what the numbers themselves show is an issue; a healthy BatchNorm has none. Issues don't
/// change what a conversion writes.
public struct BatchNormHealth: Sendable {
  /// A kind of fault. The raw value is its code in JSON, and stays the same between versions.
  public enum Issue: String, Sendable, Hashable, CaseIterable {
    /// NaN or infinite numbers in statistics, parameters or a counter.
    case notFinite = "not_finite"
    /// Running variances below 0.
    case negativeVariance = "negative_variance"
    /// Running variances of exactly 0.
    case zeroVariance = "zero_variance"
    /// Running variances stored as float16 that are 0 or subnormal: below 6.1e-5, where float16 has
    /// few digits left or none.
    case float16Underflow = "float16_underflow"
    /// Running statistics with their initial values, mean 0 and variance 1, for which no batch was
    /// counted, or which one device still has while others have moved on. A single set of
    /// statistics without a counter is not reported: a frozen BatchNorm may be like that on
    /// purpose.
    case neverTrained = "never_trained"
    /// A batch counter below 0.
    case negativeCounter = "negative_counter"
    /// The tensors can't be read as numbers; the item's reason says why.
    case notExamined = "not_examined"
  }

  /// A fault of one BatchNorm; of a single device where devices have their own statistics.
  public struct Item: Sendable, Hashable {
    /// The module's name, `layer1.0.bn1`; empty when the whole state dict is one BatchNorm.
    public var name: String
    /// What is wrong with the numbers.
    public let issue: Issue
    /// The quantity concerned; nil if the issue is not about a single one.
    public let quantity: BatchNormQuantity?
    /// How many channels are affected; all of them if it is about a counter.
    public let channels: Int
    /// C, the number of channels.
    public let features: Int
    /// The device, counted from 0; nil if it concerns shared values or all devices alike.
    public let device: Int?
    /// Why the tensors could not be examined.
    public let reason: String?
  }

  /// The faults, in the order of the BatchNorms.
  public private(set) var items: [Item] = []
  /// How many BatchNorms were examined.
  public private(set) var batchNormCount = 0

  /// Makes an empty result: no BatchNorms examined.
  public init() {}

  /// Examines only the tensors of these BatchNorms, in pieces.
  public init(of sites: [BatchNormSite], in stateDict: StateDict) {
    batchNormCount = sites.count
    items = sites.flatMap { SiteExamination($0, in: stateDict).items }
  }

  /// Examines all BatchNorms that are recognised, in every state dict of the checkpoint. Outside
  /// the state dict that `findStateDict` finds, names are prefixed with the entry:
  /// `state_dict_ema/bn1`.
  public init(_ checkpoint: Checkpoint) {
    let main = try? checkpoint.findStateDict().entry
    for entry in checkpoint.stateDictEntries {
      guard let stateDict = try? checkpoint.stateDict(at: entry) else { continue }
      var health = BatchNormHealth(of: BatchNormSurvey(stateDict).sites, in: stateDict)
      if main != entry, !entry.keys.isEmpty { health.prefixNames(with: "\(entry)/") }
      formUnion(health)
    }
  }

  /// Adds the faults of other BatchNorms.
  public mutating func formUnion(_ other: BatchNormHealth) {
    items += other.items
    batchNormCount += other.batchNormCount
  }

  /// Only the faults of BatchNorms with these names.
  public func filtered(_ isIncluded: (String) -> Bool) -> BatchNormHealth {
    var result = self
    result.items = items.filter { isIncluded($0.name) }
    return result
  }

  /// These faults, and those that another state of the same BatchNorms adds.
  func adding(_ other: BatchNormHealth) -> BatchNormHealth {
    func kind(_ item: Item) -> [String] {
      [item.name, item.issue.rawValue, item.quantity?.rawValue ?? ""]
    }
    let known = Dictionary(items.map { (kind($0), $0.channels) }, uniquingKeysWith: max)
    var result = self
    result.items += other.items.filter { $0.channels > known[kind($0), default: 0] }
    return result
  }

  /// Prefixes the names with the entry of their state dict.
  package mutating func prefixNames(with prefix: String) {
    for index in items.indices { items[index].name = prefix + items[index].name }
  }
}
