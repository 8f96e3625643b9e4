/// The indices of the samples in a mini-batch that one device normalises, in increasing order.
public struct BatchSlice: Sendable, Hashable, RandomAccessCollection {
  private let first: Int
  private let step: Int
  /// The number of samples of the device.
  public let count: Int

  /// - Parameter step: the distance from each sample to the next.
  init(first: Int, step: Int, count: Int) {
    self.first = first
    self.step = step
    self.count = count
  }

  /// Consecutive samples.
  public init(_ range: Range<Int>) {
    self.init(first: range.lowerBound, step: 1, count: range.count)
  }

  /// The position of the first sample: 0.
  public var startIndex: Int { 0 }
  /// The position after the last sample.
  public var endIndex: Int { count }

  /// The index in the mini-batch of the sample at a position.
  public subscript(position: Int) -> Int { first + position * step }
}

extension BatchNormLayout {
  /// The samples of each of V devices; the last slices may be shorter or empty.
  ///
  /// - Parameters:
  ///   - samples: N.
  ///   - worldSize: V, positive.
  public func slices(of samples: Int, worldSize: Int) -> [BatchSlice] {
    let length = samples / worldSize + (samples % worldSize == 0 ? 0 : 1)
    return (0..<worldSize).map { device in
      switch slices {
      case .contiguous:
        let start = Swift.min(device * length, samples)
        return BatchSlice(start..<Swift.min(start + length, samples))
      case .interleaved:
        let count = device < samples ? (samples - 1 - device) / worldSize + 1 : 0
        return BatchSlice(first: device, step: worldSize, count: count)
      }
    }
  }

  /// Whether a mini-batch gives every one of V devices at least one sample.
  ///
  /// - Parameters:
  ///   - samples: N.
  ///   - worldSize: V, positive.
  public func reachesEveryDevice(samples: Int, worldSize: Int) -> Bool {
    switch slices {
    // The last device is the first to get no samples.
    case .contiguous: samples > 0 && (worldSize - 1) * ((samples - 1) / worldSize + 1) < samples
    case .interleaved: samples >= worldSize
    }
  }
}
