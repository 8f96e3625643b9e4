import DBNPlatform

/// Turns the C convention (-1 and `errno`) into an error that names the call's purpose.
///
/// Retries when a signal interrupted the call.
package func systemCall<Result: SignedInteger>(
  _ purpose: String, path: String? = nil, _ body: () -> Result
) throws(CheckpointError) -> Result {
  while true {
    let result = body()
    if result != -1 { return result }
    let number = errno
    if number == EINTR { continue }
    throw CheckpointError(
      .system, path: path, "\(purpose): \(String(cString: strerror(number)).lowercased())")
  }
}
