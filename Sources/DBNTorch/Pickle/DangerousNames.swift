import DBNTensors

/// Functions and classes with which a pickle could run programs or change files if it were loaded in
/// Python. Nothing is ever executed here; but such a file was made to attack, and is refused as a
/// whole.
enum DangerousNames {
  private static let modules: Set<String> = [
    "os", "posix", "nt", "subprocess", "sys", "socket", "runpy", "importlib", "pty", "shutil",
    "webbrowser", "ctypes", "_ctypes", "pickle", "_pickle", "marshal", "codeop", "bdb", "pdb",
    "cProfile", "pip", "asyncio", "popen2", "httplib", "urllib2", "timeit",
    "_posixsubprocess", "multiprocessing", "_osx_support", "_aix_support", "_pyrepl", "pydoc",
    "ensurepip", "venv", "idlelib", "lib2to3", "zipimport", "_interpreters", "_xxsubinterpreters",
    "_frozen_importlib", "_frozen_importlib_external", "_imp", "pexpect", "smtplib", "ftplib",
    "telnetlib", "imaplib", "poplib", "nntplib", "cPickle", "socketserver", "xmlrpc",
    "compileall", "py_compile", "doctest",
  ]

  private static let names: Set<String> = [
    "commands.getoutput", "commands.getstatusoutput", "commands.getstatus",
    "builtins.eval", "builtins.exec", "builtins.execfile", "builtins.compile",
    "builtins.setattr", "builtins.delattr", "builtins.__import__",
    "builtins.open", "builtins.file", "builtins.input", "builtins.raw_input",
    "builtins.breakpoint", "builtins.apply", "builtins.globals", "builtins.locals",
    "builtins.vars", "builtins.__build_class__", "io.open", "_io.open", "io.FileIO", "_io.FileIO",
    "types.CodeType", "types.FunctionType", "types.LambdaType", "operator.attrgetter",
    "operator.methodcaller", "_operator.attrgetter", "_operator.methodcaller",
    "pkgutil.resolve_name", "code.interact", "code.compile_command", "profile.run",
    "profile.runctx", "platform.popen", "uuid._get_command_stdout", "logging.FileHandler",
    "logging.config.listen", "ssl.get_server_certificate", "http.client.HTTPSConnection",
    "http.client.HTTPConnection", "distutils.file_util.write_file",
    "torch.load", "torch.serialization.load", "torch.jit.load", "numpy.load",
    "numpy.testing._private.utils.runstring", "numpy.ctypeslib.load_library",
    "pandas.read_pickle", "joblib.load", "dill.loads", "dill.load", "cloudpickle.loads",
    "cloudpickle.load", "torch.utils.collect_env.run", "torch.utils.collect_env.run_and_read_all",
    "torch._inductor.codecache.compile_file", "torch._dynamo.guards.GuardBuilder.get",
    "torch.fx.experimental.symbolic_shapes.ShapeEnv.evaluate_guards_expression",
    "torch.jit.unsupported_tensor_ops.execWrapper",
    "torch.utils._config_module.ConfigModule.load_config",
    "torch.utils.data.datapipes.utils.decoder.basichandlers",
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
  private static let beginnings = [
    "code.Interactive", "trace.Trace", "profile.Profile", "imp.load_", "pipes.Template",
    "numpy.f2py.", "numpy.distutils.", "torch.hub.", "torch.utils.bottleneck.", "test.support.",
    "urllib.request.", "requests.api.", "aiohttp.client.",
  ]

  /// Modules that are dangerous wherever a path leads through them: others import them, so that
  /// `torch.serialization.os.system` is a function too.
  private static let modulesAnywhere: Set<Substring> = [
    "os", "posix", "sys", "subprocess", "builtins", "importlib", "shutil", "ctypes",
  ]

  static func contains(_ path: String) -> Bool {
    if harmless.contains(path) { return false }
    let parts = path.split(separator: ".")
    // Attributes of a function lead back to it: `eval.__call__`.
    let leadsThrough = parts.indices.dropFirst().contains {
      names.contains(parts[...$0].joined(separator: "."))
    }
    return beginnings.contains(where: path.hasPrefix) || leadsThrough
      || modules.contains(String(parts.first ?? ""))
      || parts.dropFirst().dropLast().contains(where: modulesAnywhere.contains)
  }

  /// Functions that make functions from code in the pickle: programs pickle their own with them, and
  /// so can an attack. They are read as opaque values, and only marked where names are listed.
  static func carriesCode(_ path: String) -> Bool {
    let makers = ["cloudpickle.", "dill._dill.", "torch.package."]
    return makers.contains(where: path.hasPrefix)
  }

  /// Whether `getattr` of this name leads from a harmless object to a function that only an attack
  /// needs. Pickles of methods have it with harmless names.
  static func isAttribute(_ name: String) -> Bool {
    let last = name.split(separator: ".").last.map(String.init) ?? name
    return last.hasPrefix("__") || attributes.contains(last)
  }

  private static let attributes: Set<String> = [
    "system", "popen", "Popen", "spawn", "eval", "exec", "execv", "execve", "compile", "open",
    "load", "loads", "import_module", "run_code", "_run_code", "run_path", "modules",
    "check_output",
  ]

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
