import DBNTensors

/// Functions and classes with which a pickle could run programs or change files if it were loaded in
/// Python. Nothing is ever executed here; but such a file was made to attack, and is refused as a
/// whole.
enum DangerousNames {
  private static let modules: Set<String> = [
    "os", "posix", "nt", "subprocess", "sys", "socket", "runpy", "importlib", "pty", "shutil",
    "webbrowser", "ctypes", "_ctypes", "pickle", "_pickle", "marshal", "codeop", "bdb", "pdb",
    "cProfile", "pip", "asyncio", "popen2", "httplib", "urllib2", "timeit",
    "_posixsubprocess", "multiprocessing",
  ]

  private static let names: Set<String> = [
    "builtins.eval", "builtins.exec", "builtins.execfile", "builtins.compile",
    "builtins.setattr", "builtins.delattr", "builtins.__import__",
    "builtins.open", "builtins.file", "builtins.input", "builtins.raw_input",
    "builtins.breakpoint", "builtins.apply", "builtins.globals", "builtins.locals",
    "builtins.vars", "builtins.__build_class__", "io.open", "_io.open", "io.FileIO", "_io.FileIO",
    "types.CodeType", "types.FunctionType", "operator.attrgetter", "operator.methodcaller",
    "torch.hub.load", "torch.load", "torch.serialization.load", "torch.jit.load",
    "numpy.load", "numpy.testing._private.utils.runstring", "platform.popen",
    "commands.getoutput", "commands.getstatusoutput", "commands.getstatus", "code.interact",
    "code.compile_command",
  ]

  /// Classes of dangerous modules that only hold data, most of them what a function returned:
  /// `os.stat`, `os.uname`, `shutil.disk_usage`.
  private static let harmless: Set<String> = [
    "os.stat_result", "os.statvfs_result", "os.terminal_size", "os.times_result",
    "os.uname_result", "posix.times_result", "posix.uname_result", "nt.times_result",
    "os.PathLike", "shutil._ntuple_diskusage", "subprocess.CompletedProcess",
    "subprocess.CalledProcessError", "subprocess.TimeoutExpired", "socket.AddressFamily",
    "socket.SocketKind", "socket.AddressInfo", "socket.MsgFlag",
    "asyncio.exceptions.CancelledError",
    "asyncio.exceptions.TimeoutError",
  ]

  /// Beginnings of names that are dangerous in a module whose name people give to their own too.
  private static let beginnings = ["code.Interactive"]

  /// Modules that are dangerous wherever a path leads through them: others import them, so that
  /// `torch.serialization.os.system` is a function too.
  private static let modulesAnywhere: Set<Substring> = [
    "os", "posix", "sys", "subprocess", "builtins", "importlib", "shutil", "ctypes",
  ]

  static func contains(_ path: String) -> Bool {
    if harmless.contains(path) { return false }
    let parts = path.split(separator: ".")
    return beginnings.contains(where: path.hasPrefix) || names.contains(path)
      || modules.contains(String(parts.first ?? ""))
      || parts.dropFirst().dropLast().contains(where: modulesAnywhere.contains)
  }

  static func refusal(of path: String, by operation: PickleOperation) -> CheckpointError {
    CheckpointError(
      .pickleGlobal,
      "the pickle names \(path) (\(operation.name)), with which it could run programs or change "
        + "files when loaded in Python; nothing in the file was executed",
      advice: "the file was made to attack, or by a program that stores objects such as compiled "
        + "models: do not load it in Python unless you trust who made it, and then save "
        + "model.state_dict(); else get the weights from elsewhere")
  }
}
