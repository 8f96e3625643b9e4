import DBNTensors
import DBNTestSupport
import DBNTorch

extension Pickle {
  /// Reads a checkpoint that is this value.
  static func read(_ value: [UInt8]) throws(CheckpointError) -> Checkpoint {
    try TorchCheckpoint.read(ByteRegion(archive(value).bytes))
  }
}
