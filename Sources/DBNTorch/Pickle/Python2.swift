/// The mapping of Python 2's names, which protocols up to 2 write, to Python 3's.
///
/// Only names that occur in checkpoints. Source: CPython's `Lib/_compat_pickle.py`.
enum Python2 {
  private static let builtins = (old: "__builtin__", new: "builtins")

  /// A module's name in Python 3.
  static func module(_ name: String) -> String {
    switch name {
    case builtins.old: builtins.new
    case "copy_reg": "copyreg"
    default: name
    }
  }

  /// The Python 3 name for a name in a Python 3 module.
  static func path(_ name: String) -> String {
    switch name {
    case "builtins.long": "builtins.int"
    case "builtins.unicode": "builtins.str"
    case "builtins.xrange": "builtins.range"
    case "builtins.reduce": "functools.reduce"
    default: name
    }
  }

  /// A built-in class's name in protocols up to 2.
  static func builtin(_ path: String) -> String {
    builtins.old + path.dropFirst(builtins.new.count)
  }
}
