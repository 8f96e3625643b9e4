/// A module of the program's own, called like many others.
public enum Zip {
  /// Pairs of what a page's program has measured.
  public static func pairs<First, Second>(_ first: [First], _ second: [Second]) -> [(First, Second)]
  {
    Array(zip(first, second))
  }
}
