/// A module of the program's own, called like many others.
public enum Models {
  /// The model that a page's program converts.
  public static let name = "resnet50"
}
