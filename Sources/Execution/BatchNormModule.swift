public import BatchNorm
public import Tensors

/// A BatchNorm ready to run: its parameters and running statistics as numbers.
///
/// The semantics are those of `torch.nn.BatchNorm2d`, and of V of them side by side sharing `weight`
/// and `bias`.
public struct BatchNormModule: Sendable {
  /// What the file does not say.
  public struct Options: Sendable {
    public var eps = 1e-5
    /// How far running statistics move towards a batch's; nil: their cumulative average.
    public var momentum: Double? = 0.1

    public init(eps: Double = 1e-5, momentum: Double? = 0.1) {
      self.eps = eps
      self.momentum = momentum
    }
  }

  /// The running statistics of one device.
  public struct Row: Sendable, Equatable {
    /// C values.
    public var mean: [Double]
    /// C values.
    public var variance: [Double]
    /// How many batches it has seen; a Float64 because checkpoints cast as a whole keep it as a
    /// float, which may be infinite (float16 ends at 65,504).
    public var batchesTracked: Double
  }

  public let layout: BatchNormLayout
  public let options: Options
  /// C values; nil without affine parameters.
  public private(set) var weight: [Double]?
  public private(set) var bias: [Double]?
  /// V rows; one in the standard layout.
  public internal(set) var rows: [Row]

  public var worldSize: Int { rows.count }
  public var features: Int { rows.first?.mean.count ?? 0 }

  /// Reads the module from a state dict. A missing `num_batches_tracked` (state dicts of version 1)
  /// is 0.
  ///
  /// - Throws: `unsupportedScalarType`, when the tensors are not real numbers.
  public init(
    _ site: BatchNormSite, in stateDict: StateDict, options: Options = Options()
  ) throws(CheckpointError) {
    func numbers(_ last: String) throws(CheckpointError) -> [Double]? {
      let key = site.key(last)
      do throws(CheckpointError) {
        return try stateDict[key]?.doubles()
      } catch {
        throw error.with(name: key)
      }
    }
    let statistics = try ReplicaStatistics(site, in: stateDict)
    let counters = try numbers("num_batches_tracked")
    layout = site.layout
    self.options = options
    weight = try numbers("weight")
    bias = try numbers("bias")
    rows = statistics.means.indices.map { row in
      Row(
        mean: statistics.means[row], variance: statistics.variances[row],
        batchesTracked: counters?[row] ?? 0)
    }
  }

  /// A standard BatchNorm that starts from one device's statistics.
  public init(standard row: Row, of module: BatchNormModule) {
    layout = .standard
    options = module.options
    weight = module.weight
    bias = module.bias
    rows = [row]
  }

  /// A module of some of the features, which BatchNorm treats each by itself.
  public func part(_ features: Range<Int>) -> BatchNormModule {
    var part = self
    part.weight = weight.map { Array($0[features]) }
    part.bias = bias.map { Array($0[features]) }
    part.rows = rows.map { row in
      Row(
        mean: Array(row.mean[features]), variance: Array(row.variance[features]),
        batchesTracked: row.batchesTracked)
    }
    return part
  }

  /// The samples of each device: V consecutive slices of ceil(N/V), the last ones short or empty.
  public func slices(of samples: Int) -> [Range<Int>] {
    let length = (samples + worldSize - 1) / worldSize
    return (0..<worldSize).map { device in
      min(device * length, samples)..<min((device + 1) * length, samples)
    }
  }
}
