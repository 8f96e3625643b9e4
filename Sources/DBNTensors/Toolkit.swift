/// The toolkit's identity, as written files and the command state it.
public enum Toolkit {
  /// The version that the command prints and written files record.
  public static let version = "0.2.0"
}
