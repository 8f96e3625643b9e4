import DBNComparison

extension Double {
  /// A coordinate in a picture.
  var coordinate: String { ((self * 1000).rounded() / 1000).trimmed }
}
