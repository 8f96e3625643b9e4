import DBNPlatform

/// InstanceNorms with running statistics have the tensors of a BatchNorm: only their class shows
/// what they are.
extension Checkpoint {
  /// The classes of the InstanceNorms that the file names, by their names in a state dict.
  func instanceNorms(at entry: EntryPath) -> [String: String] {
    let described = modules.filter { $0.isInstanceNorm && $0.entry == entry }
      .map { ($0.name, $0.className) }
    return Dictionary(described + instanceNormsOfProgram) { first, _ in first }
  }

  /// The InstanceNorms of a program of `torch.export`, which names the modules that contain each
  /// operation: `key,name,class`, separated by semicolons.
  private var instanceNormsOfProgram: [(name: String, className: String)] {
    guard let graph else { return [] }
    return graph.withCString { start in
      var (norms, rest) = ([(name: String, className: String)](), start)
      while let found = strstr(rest, ",\(ModuleDescription.instanceNorms)") {
        rest = UnsafePointer(found) + 1
        norms.append((Self.text(endingAt: found, from: start), Self.text(startingAt: rest)))
      }
      return norms
    }
  }

  /// The text between the comma before an address and the address.
  private static func text(
    endingAt end: UnsafePointer<CChar>, from start: UnsafePointer<CChar>
  ) -> String {
    var first = end
    while first > start, first[-1] != UInt8(ascii: ",") { first -= 1 }
    return text(first, end - first)
  }

  /// The text from an address to the next delimiter.
  private static func text(startingAt start: UnsafePointer<CChar>) -> String {
    text(start, strcspn(start, ",;\""))
  }

  private static func text(_ start: UnsafePointer<CChar>, _ count: Int) -> String {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    return String(decoding: bytes, as: UTF8.self)
  }
}
