extension BatchNormLayout {
  /// What `BatchNorm2d` and its like keep; SyncBatchNorm and MoCo's SplitBatchNorm too.
  public static let standard = Self(description: "standard", tensors: shared())

  /// V virtual devices, each with its own running statistics. Consecutive slices of ceil(N/V)
  /// samples; in evaluation slice i is normalised with row i.
  public static let replicated = Self(
    description: "replicated",
    tensors: shared(only: [.weight, .bias]).with(
      .init("running_mean", .rows), .init("running_var", .rows),
      .init("num_batches_tracked", .rows)), evaluation: .row)

  /// V virtual devices of which the first alone moves the running statistics, as rank 0 of a
  /// data-parallel job that saves its own. On disk the same as standard.
  public static let firstDevice = Self(
    description: "first-device", isRecognisable: false, tensors: shared(), training: .firstDevice)

  /// Ghost BatchNorm of cifar10-fast and of lightly: buffers [V * C], samples dealt out in turn; in
  /// evaluation the devices' means and variances are averaged.
  public static let ghost = Self(
    description: "ghost",
    tensors: shared(only: [.weight, .bias, .numBatchesTracked]).with(
      .init("running_mean", .joined), .init("running_var", .joined)), slices: .interleaved,
    evaluation: .mean)

  /// timm's `SplitBatchNorm2d`: a BatchNorm for the first slice, which evaluation uses, and one more
  /// for each further slice, each with a weight and bias of its own.
  public static let split = Self(description: "split", tensors: splitTensors)

  private static var splitTensors: [BatchNormQuantity: TensorPlacement] {
    var tensors = shared()
    for quantity in BatchNormQuantity.allCases {
      tensors[quantity]?.devices = .init("aux_bn.{}.\(quantity.rawValue)", .each)
    }
    return tensors
  }

  /// SlowFast's `SubBatchNorm3d`: buffers [V * C] of the splits, and those of all together, made of
  /// them by the law of total variance before evaluation.
  public static let sub = Self(
    description: "sub",
    tensors: shared(only: [.weight, .bias]).merging(
      shared("bn.", only: [.runningMean, .runningVar, .numBatchesTracked])
    ) { $1 }.with(
      .init("split_bn.running_mean", .joined), .init("split_bn.running_var", .joined),
      .init("split_bn.num_batches_tracked", .single)), slices: .interleaved)

  /// TabNet's `GBN`: a standard BatchNorm called `bn` inside, which sees a chunk at a time.
  public static let nested = Self(
    description: "nested", isRecognisable: false, tensors: shared("bn."))

  /// `FrozenBatchNorm2d` of detectron2 and torchvision: no counter. State dicts from before PyTorch
  /// 0.4.1 look the same.
  public static let frozen = Self(
    description: "frozen", tensors: shared(only: [.weight, .bias, .runningMean, .runningVar]))

  /// All that have a name on the command line: a new layout is a file with its value, and its name
  /// here.
  public static let all: [BatchNormLayout] =
    [.standard, .replicated, .firstDevice, .ghost, .split, .sub, .nested, .frozen]
    + [.keras, .keras2] + kerasNumbered
    + [.paddle]

  /// Quantities that all devices share, under PyTorch's names.
  private static func shared(
    _ prefix: String = "", only quantities: [BatchNormQuantity] = BatchNormQuantity.allCases
  ) -> [BatchNormQuantity: TensorPlacement] {
    Dictionary(
      uniqueKeysWithValues: quantities.map { ($0, .init(shared: prefix + $0.rawValue)) })
  }
}

extension [BatchNormQuantity: TensorPlacement] {
  /// With buffers that each device has of its own.
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
