/// Arrays [N, C, ...] as N samples of C channels.
extension DenseArray {
  /// The indices of each channel's values: one range for each sample.
  private func ranges(of channel: Int) -> [Range<Int>] {
    let positions = shape[2...].reduce(1, *)
    return (0..<shape[0]).map { sample in
      let start = (sample * shape[1] + channel) * positions
      return start..<start + positions
    }
  }

  /// The mean and the biased variance of each channel, computed in two passes.
  var channelStatistics: (mean: [Double], variance: [Double]) {
    let count = Double(shape[0] * shape[2...].reduce(1, *))
    func average(_ channel: Int, _ term: (Double) -> Double) -> Double {
      ranges(of: channel).reduce(0) { $0 + values[$1].reduce(0) { $0 + term($1) } } / count
    }
    let means = (0..<shape[1]).map { average($0) { $0 } }
    let variances = means.indices.map { channel in
      average(channel) { ($0 - means[channel]) * ($0 - means[channel]) }
    }
    return (means, variances)
  }

  /// (x - mean) * scale + shift, with three numbers for each channel.
  func channelsScaled(
    _ numbers: (Int) -> (mean: Double, scale: Double, shift: Double)
  ) -> DenseArray {
    var result = self
    for channel in 0..<shape[1] {
      let (mean, scale, shift) = numbers(channel)
      for index in ranges(of: channel).joined() {
        result.values[index] = (values[index] - mean) * scale + shift
      }
    }
    return result
  }
}
