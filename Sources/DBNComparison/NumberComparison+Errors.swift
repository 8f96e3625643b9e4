import DBNPlatform

/// Measures of all differences together, where the largest one says too little.
///
/// They are computed in Float64 in one pass over the numbers. Two numbers count as equal if both are
/// NaN, or both the same infinity; such pairs are left out. Squares overflow beyond 1e154, which
/// makes a measure NaN, and vanish below 1e-162.
extension NumberComparison {
  /// The relative error, ‖a − b‖ / ‖b‖ in the Euclidean norm.
  ///
  /// 0 if no two numbers differ, also if all are 0. Infinite if they differ and all b are 0, or if one
  /// of a pair is NaN or infinite and the other is not the same.
  public var relativeError: Double {
    if sums.differInInfinity { return .infinity }
    if sums.error == 0 { return 0 }
    return sums.b.isFinite ? (sums.error / sums.b).squareRoot() : .nan
  }

  /// The cosine similarity, Σab / (‖a‖ ‖b‖), from -1 to 1.
  ///
  /// 1 if no two numbers differ, also if all are 0. 0 if all numbers of only one sequence are 0, as in
  /// `torch.nn.functional.cosine_similarity`. NaN if one of a pair is NaN or infinite and the other is
  /// not the same.
  public var cosineSimilarity: Double {
    if sums.differInInfinity { return .nan }
    if sums.error == 0 { return 1 }
    if sums.a == 0 || sums.b == 0 { return 0 }
    let cosine = sums.product / (sums.a.squareRoot() * sums.b.squareRoot())
    // Rounding can give 1.0000000000000002.
    return cosine.isNaN ? cosine : min(1, max(-1, cosine))
  }

  /// The signal-to-noise ratio in decibels, 10 log10(Σb² / Σ(a − b)²), which is -20 log10 of
  /// `relativeError`: b is the signal, the difference the noise.
  ///
  /// Infinite if no two numbers differ, and negative infinite if the relative error is infinite.
  public var signalToNoise: Double { relativeError == 0 ? .infinity : -20 * log10(relativeError) }

  /// The three measures as text.
  package var errors: String {
    Self.text(
      relativeError: relativeError, cosineSimilarity: cosineSimilarity, signalToNoise: signalToNoise
    )
  }

  /// "relative error 0.00123, cosine similarity 0.999999, signal-to-noise ratio 58.2 dB".
  package static func text(
    relativeError: Double, cosineSimilarity: Double, signalToNoise: Double
  ) -> String {
    // Six digits would show 0.9999999 as 1.
    let isNearlyOne = (0.999999..<1).contains(cosineSimilarity)
    let cosine = isNearlyOne ? "\(cosineSimilarity)" : cosineSimilarity.digits
    return "relative error \(relativeError.brief), cosine similarity \(cosine), "
      + "signal-to-noise ratio \(signalToNoise.brief) dB"
  }
}
