/// This toolkit, as the files it writes and its command name it.
public enum Toolkit {
  public static let version = "0.1.0"
}
