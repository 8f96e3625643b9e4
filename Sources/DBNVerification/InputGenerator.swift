import DBNPlatform

/// Random numbers that are the same on every machine: SplitMix64 (Steele, Lea, Flood 2014) and the
/// Box-Muller transform.
struct InputGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64, stream: Int) {
    state = seed &+ UInt64(stream) &* 0x9E37_79B9_7F4A_7C15
    // Streams of neighbouring seeds must not be shifted copies of each other.
    state = next()
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A number from the normal distribution with mean 0 and variance 1.
  mutating func nextNormal() -> Double {
    let radius = (-2 * log(Double(next() >> 11 &+ 1) * 0x1p-53)).squareRoot()
    return radius * cos(2 * .pi * Double(next() >> 11) * 0x1p-53)
  }
}
