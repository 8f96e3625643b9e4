/// The names of Python 2, which protocols up to 2 write, and those that Python 3 reads them as.
///
/// Only the names that checkpoints are met with. Source: CPython's `Lib/_compat_pickle.py`.
enum Python2 {
  static func module(_ name: String) -> String {
    switch name {
    case "__builtin__": "builtins"
    case "copy_reg": "copyreg"
    default: name
    }
  }

  static func path(_ name: String) -> String {
    switch name {
    case "builtins.long": "builtins.int"
    case "builtins.unicode": "builtins.str"
    case "builtins.xrange": "builtins.range"
    case "builtins.reduce": "functools.reduce"
    default: name
    }
  }
}
