import DBNTensors

/// Sets the number of threads that oneDNN uses, through OpenMP functions that are looked up by
/// name: each compiler has its own OpenMP library, and oneDNN brings the one it was built with.
enum Threads {
  private typealias Setter = @convention(c) (CInt) -> Void
  private typealias Getter = @convention(c) () -> CInt

  private static let setter = symbol("omp_set_num_threads", as: Setter.self)
  private static let getter = symbol("omp_get_max_threads", as: Getter.self)

  private static func symbol<Function>(_ name: String, as type: Function.Type) -> Function? {
    OneDNNLibrary.symbol(name).map { unsafeBitCast($0, to: type) }
  }

  /// Runs the body with this number of threads for the kernels that the calling thread starts,
  /// oneDNN's and the reference's; nil for one per core.
  static func with<Value>(
    _ count: Int?, _ body: () throws(CheckpointError) -> Value
  ) throws(CheckpointError) -> Value {
    guard let count, let setter, let getter else { return try body() }
    let before = getter()
    setter(CInt(clamping: count))
    defer { setter(before) }
    return try Concurrency.limited(to: count, body)
  }
}
