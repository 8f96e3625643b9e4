/// A module of the program's own, called like many others.
public enum Reports {
  /// Where a page's program writes its page.
  public static let page = "report.html"
}
