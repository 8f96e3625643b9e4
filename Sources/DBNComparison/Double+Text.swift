import DBNPlatform

extension Double {
  /// Three significant digits: 0.0839, 1.23e-07.
  package var brief: String {
    guard isFinite, self != 0 else { return isNaN ? "NaN" : self == 0 ? "0" : "\(self)" }
    let exponent = log10(magnitude).rounded(.down)
    guard (-4..<6).contains(exponent) else {
      let mantissa = (self / pow(10, exponent) * 100).rounded() / 100
      return "\(mantissa.trimmed)e\(Int(exponent))"
    }
    let unit = pow(10, 2 - exponent)
    return ((self * unit).rounded() / unit).trimmed
  }

  /// Six significant digits, for tables: 0.444461.
  package var digits: String {
    guard isFinite, self != 0 else { return brief }
    let exponent = log10(magnitude).rounded(.down)
    guard (-5..<15).contains(exponent) else {
      let mantissa = (self / pow(10, exponent) * 1e5).rounded() / 1e5
      return "\(mantissa.trimmed)e\(Int(exponent))"
    }
    let unit = pow(10, 5 - exponent)
    return ((self * unit).rounded() / unit).trimmed
  }

  /// 98.06 %.
  package var percent: String {
    isFinite ? "\(((self * 10_000).rounded() / 100).trimmed) %" : "-"
  }

  /// All digits, without ".0".
  package var trimmed: String {
    let text = "\(self)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
