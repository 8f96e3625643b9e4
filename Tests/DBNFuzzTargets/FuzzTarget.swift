package import DBNTensors

/// What is done with any bytes: a parser, or a promise about what was parsed.
///
/// Whatever the bytes are, the outcome is a result or a `CheckpointError`. To add a target, write a
/// file in `Targets` and name it in `all`; docs/fuzzing.md has the rest.
public struct FuzzTarget: Sendable {
  /// A promise that was not kept: what is lost or differs.
  public struct Finding: Error, CustomStringConvertible {
    public let description: String

    package init(_ description: String) { self.description = description }
  }

  public let name: String
  /// Reads the bytes: throws a `CheckpointError` for bytes that are refused, and a `Finding`.
  package let read: @Sendable (ByteRegion) throws -> Void

  package init(_ name: String, _ read: @escaping @Sendable (ByteRegion) throws -> Void) {
    self.name = name
    self.read = read
  }

  /// - Returns: `read`, or the code of the error.
  /// - Throws: `Finding`, or whatever else ought not to be thrown.
  public func outcome(of bytes: [UInt8]) throws -> String {
    do {
      try read(ByteRegion(bytes))
      return "read"
    } catch let error as CheckpointError {
      return error.code.description
    }
  }
}

extension FuzzTarget {
  public static let all = [
    files, convert, pickle, torch, legacy, export, zip, hdf5, keras, safetensors, numpy, json,
    graph, index, text, libhdf5,
  ]
}
