/// This toolkit, as the files it writes and its command name it.
public enum Toolkit {
  /// As the command prints it and written files record it.
  public static let version = "0.1.0"
}
