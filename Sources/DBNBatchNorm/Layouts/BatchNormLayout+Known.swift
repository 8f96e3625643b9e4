import DBNTensors

extension BatchNormLayout {
  /// The state of `BatchNorm2d` and its relatives, SyncBatchNorm and MoCo's SplitBatchNorm
  /// included.
  public static let standard = Self(description: "standard", tensors: shared())

  /// V virtual devices, each with its own running statistics. Slices are ceil(N/V) consecutive
  /// samples; in evaluation slice i is normalised with row i.
  public static let replicated = Self(
    description: "replicated",
    tensors: shared(only: [.weight, .bias]).with(
      .init("running_mean", .rows), .init("running_var", .rows),
      .init("num_batches_tracked", .rows)), evaluation: .row)

  /// V virtual devices of which only the first updates the running statistics, as in a
  /// data-parallel job where rank 0 saves its own. On disk the same as standard.
  public static let firstDevice = Self(
    description: "first-device", isRecognisable: false, tensors: shared(), training: .firstDevice)

  /// Ghost BatchNorm of cifar10-fast and lightly: buffers [V * C], samples dealt out round-robin;
  /// in evaluation the devices' means and variances are averaged.
  public static let ghost = Self(
    description: "ghost",
    tensors: shared(only: [.weight, .bias, .numBatchesTracked]).with(
      .init("running_mean", .joined), .init("running_var", .joined)), slices: .interleaved,
    evaluation: .mean)

  /// timm's `SplitBatchNorm2d`: a BatchNorm for the first slice, also used in evaluation, and
  /// another for each further slice, each with its own weight and bias.
  public static let split = Self(description: "split", tensors: splitTensors)

  private static var splitTensors: [BatchNormQuantity: TensorPlacement] {
    var tensors = shared()
    for quantity in BatchNormQuantity.allCases {
      tensors[quantity]?.devices = .init("aux_bn.{}.\(quantity.rawValue)", .each)
    }
    return tensors
  }

  /// SlowFast's `SubBatchNorm3d`: buffers [V * C] of the splits, and shared buffers that are
  /// computed from them by the law of total variance before evaluation.
  public static let sub = Self(
    description: "sub",
    tensors: shared(only: [.weight, .bias]).merging(
      shared("bn.", only: [.runningMean, .runningVar, .numBatchesTracked])
    ) { $1 }.with(
      .init("split_bn.running_mean", .joined), .init("split_bn.running_var", .joined),
      .init("split_bn.num_batches_tracked", .single)), slices: .interleaved)

  /// TabNet's `GBN`: a wrapper around a standard BatchNorm `bn`, which sees one chunk at a time.
  public static let nested = Self(
    description: "nested", isRecognisable: false, tensors: shared("bn."))

  /// `FrozenBatchNorm2d` of detectron2 and torchvision: no counter. State dicts from before PyTorch
  /// 0.4.1 look the same.
  public static let frozen = Self(
    description: "frozen", tensors: shared(only: [.weight, .bias, .runningMean, .runningVar]))

  /// All layouts that the command line knows by name. To add one, define its value in a file and
  /// list it here.
  public static let all: [BatchNormLayout] =
    [.standard, .replicated, .firstDevice, .ghost, .split, .sub, .nested, .frozen]
    + [.keras, .keras2] + kerasNumbered
    + [.paddle]

  /// Placements of quantities that all devices share, under PyTorch's names.
  private static func shared(
    _ prefix: String = "", only quantities: [BatchNormQuantity] = BatchNormQuantity.allCases
  ) -> [BatchNormQuantity: TensorPlacement] {
    Dictionary(
      uniqueKeysWithValues: quantities.map { ($0, .init(shared: prefix + $0.rawValue)) })
  }
}

extension [BatchNormQuantity: TensorPlacement] {
  /// The same placements, with buffers kept per device.
  fileprivate func with(
    _ mean: DeviceTensors, _ variance: DeviceTensors, _ counter: DeviceTensors? = nil
  ) -> Self {
    var result = self
    result[.runningMean, default: .init()].devices = mean
    result[.runningVar, default: .init()].devices = variance
    if let counter { result[.numBatchesTracked, default: .init()].devices = counter }
    return result
  }
}
