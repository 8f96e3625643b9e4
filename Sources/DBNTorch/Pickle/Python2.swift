/// The names of Python 2, which protocols up to 2 write, and those that Python 3 reads them as.
///
/// Only the names that checkpoints are met with. Source: CPython's `Lib/_compat_pickle.py`.
enum Python2 {
  private static let builtins = (old: "__builtin__", new: "builtins")

  /// A module as Python 3 calls it.
  static func module(_ name: String) -> String {
    switch name {
    case builtins.old: builtins.new
    case "copy_reg": "copyreg"
    default: name
    }
  }

  /// A name as Python 3 has it, in a module of Python 3.
  static func path(_ name: String) -> String {
    switch name {
    case "builtins.long": "builtins.int"
    case "builtins.unicode": "builtins.str"
    case "builtins.xrange": "builtins.range"
    case "builtins.reduce": "functools.reduce"
    default: name
    }
  }

  /// A built-in class as protocols up to 2 name it.
  static func builtin(_ path: String) -> String {
    builtins.old + path.dropFirst(builtins.new.count)
  }
}
