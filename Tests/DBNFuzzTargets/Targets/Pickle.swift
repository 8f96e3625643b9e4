import DBNTensors
import DBNTorch

extension FuzzTarget {
  /// The pickle machine, and the search for names, which has to get through what the machine refuses.
  static let pickle = FuzzTarget("pickle") { bytes in
    _ = PickledNames(in: bytes)
    try FuzzTarget("", reading: [TorchPickleFormat()]).read(bytes)
  }
}
