import Testing

@testable import DBNVerification

/// Means and variances joined batch by batch.
struct MomentsTests {
  /// The numbers 0, 1, ..., 6 in turn: 7 million of them, in batches of other sizes.
  @Test(arguments: [0.0, 1e9, -1e12])
  func millionsOfValuesFarFromZeroKeepTheirDigits(center: Double) {
    var moments = Moments(features: 1)
    for batch in 0..<100_000 {
      let count = 7 * (1 + batch % 19)
      moments.add(count: count, mean: [center + 3], variance: [4])
    }
    #expect(moments.count > 6.9e6)
    #expect(moments.mean == [center + 3] && abs(moments.variance[0] - 4) < 1e-9)
  }

  /// One value at a time, against the closed form of 0, 1, ..., n - 1.
  @Test func batchesOfOneValueAreJoinedToo() {
    let count = 300_000.0
    var moments = Moments(features: 2)
    for value in 0..<Int(count) {
      moments.add(count: 1, mean: [Double(value), 5], variance: [0, 0])
    }
    let variance = (count * count - 1) / 12
    #expect(abs(moments.mean[0] / ((count - 1) / 2) - 1) < 1e-12)
    #expect(abs(moments.variance[0] / variance - 1) < 1e-12)
    #expect(moments.mean[1] == 5 && moments.variance[1] == 0)
  }

  /// Mean squares minus squared means would give 0, or less.
  @Test func smallVariancesBesideLargeMeansAreNotLost() {
    var moments = Moments(features: 1)
    moments.add(count: 2, mean: [1e9], variance: [1e-8])
    moments.add(count: 2, mean: [1e9], variance: [3e-8])
    #expect(abs(moments.variance[0] / 2e-8 - 1) < 1e-12)
  }
}
