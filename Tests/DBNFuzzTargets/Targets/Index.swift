import DBNCheckpointFormats
import DBNHDF5
import DBNTensors
import DBNTorch

extension FuzzTarget {
  /// What lists other files: indexes of shards, and the metadata of distributed checkpoints. The other
  /// files are missing.
  static let index = FuzzTarget("index") { bytes in
    guard bytes.array.first == UInt8(ascii: "{") else {
      return try FuzzTarget(
        "", reading: [TorchDistributedFormat()], path: "/nonexistent/.metadata"
      ).read(bytes)
    }
    let keras = FuzzTarget(
      "", reading: [KerasShardsFormat()], path: "/nonexistent/model.weights.json")
    try? keras.read(bytes)
    _ = try ShardIndex(parsing: bytes)
  }
}
