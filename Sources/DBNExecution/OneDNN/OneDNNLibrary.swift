import DBNCOneDNN
import DBNPlatform
import DBNTensors

/// oneDNN's library, opened when it is first needed: so the program runs where it is not installed,
/// and with version 2 or 3 of it.
///
/// `@unchecked Sendable`: a handle that is kept is never closed, and `dlsym`, its only use, is safe to
/// call from several threads (`dlsym(3)`, "Attributes").
struct OneDNNLibrary: @unchecked Sendable {
  private let handle: UnsafeMutableRawPointer

  /// The environment variable that names the library's file. If it is set, no other is tried.
  private static let variable = "DBN_ONEDNN_LIBRARY"

  private static let opened = Result { () throws(CheckpointError) in try open(candidates) }

  /// - Throws: `engineUnavailable` if there is no library, or none of a version that is known.
  static func load() throws(CheckpointError) { _ = try opened.get() }

  /// A symbol of the library, or of one that it is linked with.
  static func symbol(_ name: String) -> UnsafeMutableRawPointer? {
    (try? opened.get()).flatMap { dlsym($0.handle, name) }
  }

  /// The names to try. The system's loader finds those without a folder (`LD_LIBRARY_PATH`, and the
  /// folders of the system).
  private static var candidates: [String] {
    if let path = getenv(variable) { return [String(cString: path)] }
    #if canImport(Darwin)
      return ["libdnnl.3.dylib", "libdnnl.2.dylib"].flatMap { [$0, "/opt/homebrew/lib/\($0)"] }
    #else
      // Debian 13 names the file by its minor version.
      let minors = (0...30).reversed().map { "libdnnl.so.3.\($0)" }
      return ["libdnnl.so.3"] + minors + ["libdnnl.so.2"]
    #endif
  }

  private static func open(_ names: [String]) throws(CheckpointError) -> OneDNNLibrary {
    var failures: [String] = []
    for name in names {
      guard let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) else {
        let failure = dlerror().map { String(cString: $0) } ?? name
        // Most of many names are of no file.
        let isOfNoFile = names.count > 1 && failure.hasPrefix("\(name): cannot open")
        if !isOfNoFile { failures.append(failure) }
        continue
      }
      let version = conednn_version(handle)
      // 2.2 to 2.4 compute convolutions with fused operations wrongly, and 4 will have other functions.
      if (205..<400).contains(version) {
        if let missing = conednn_use(handle) {
          failures.append("\(name): has no function \(String(cString: missing))")
        } else if conednn_is_processor_supported() != 0 {
          return OneDNNLibrary(handle: handle)
        } else {
          // Random graphs came out wrong there.
          failures.append("\(name): this processor has no AVX2")
        }
      } else {
        let number = "version \(version / 100).\(version % 100)"
        failures.append("\(name): is \(version == 0 ? "not oneDNN" : number)")
      }
      dlclose(handle)
    }
    let reason = failures.isEmpty ? "it is not installed" : failures.joined(separator: "; ")
    throw CheckpointError(
      .engineUnavailable,
      "the oneDNN engine needs the library of oneDNN 2.5 to 3, which can't be loaded: \(reason)",
      advice: "install it (Debian and Ubuntu: libdnnl-dev; PyPI: onednn-cpu-gomp), name its file "
        + "in the environment variable \(variable), or use the reference engine "
        + "(\(.referenceEngine))")
  }
}
