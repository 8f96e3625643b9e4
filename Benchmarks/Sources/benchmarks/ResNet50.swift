import DBNTensors

/// torchvision's names and shapes of ResNet-50, with random content.
func resnet50() throws -> StateDict {
  var builder = Builder()
  try builder.convolution("conv1", "bn1", 3, 64, 7)
  var inputs = 64
  for (stage, (width, blocks)) in zip([64, 128, 256, 512], [3, 4, 6, 3]).enumerated() {
    for block in 0..<blocks {
      let prefix = "layer\(stage + 1).\(block)"
      try builder.convolution("\(prefix).conv1", "\(prefix).bn1", inputs, width, 1)
      try builder.convolution("\(prefix).conv2", "\(prefix).bn2", width, width, 3)
      try builder.convolution("\(prefix).conv3", "\(prefix).bn3", width, 4 * width, 1)
      if block == 0 {
        try builder.convolution(
          "\(prefix).downsample.0", "\(prefix).downsample.1", inputs, 4 * width, 1)
      }
      inputs = 4 * width
    }
  }
  try builder.random("fc.weight", [1000, 2048])
  try builder.random("fc.bias", [1000])
  return builder.stateDict
}

private struct Builder {
  var stateDict = StateDict()
  private var generator = SystemRandomNumberGenerator()

  mutating func convolution(
    _ name: String, _ norm: String, _ inputs: Int, _ outputs: Int, _ size: Int
  ) throws {
    try random("\(name).weight", [outputs, inputs, size, size])
    for last in ["weight", "bias", "running_mean", "running_var"] {
      try random("\(norm).\(last)", [outputs])
    }
    stateDict["\(norm).num_batches_tracked"] = try Tensor([450_000], shape: [])
  }

  /// Floats between 0.5 and 1: as hard to compress as trained weights.
  mutating func random(_ name: String, _ shape: [Int]) throws {
    var bytes = [UInt8](repeating: 0, count: 4 * shape.reduce(1, *))
    for index in 0..<bytes.count / 4 {
      let bits = (0.5 + Float(generator.next() >> 41) * 0x1p-24).bitPattern
      for byte in 0..<4 { bytes[4 * index + byte] = UInt8(truncatingIfNeeded: bits >> (8 * byte)) }
    }
    stateDict[name] = try Tensor(
      .float32, shape: shape, storage: TensorStorage(ByteRegion(bytes)))
  }
}
