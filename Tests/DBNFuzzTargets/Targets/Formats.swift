import DBNCheckpoints
import DBNHDF5
import DBNNumPy
import DBNSafetensors
import DBNTorch

/// One format after the other, in memory.
extension FuzzTarget {
  static let export = FuzzTarget("export", reading: [TorchExportFormat()])
  static let hdf5 = FuzzTarget("hdf5", reading: [KerasHDF5Format(), HDF5Format()])
  static let keras = FuzzTarget("keras", reading: [KerasArchiveFormat()])
  static let legacy = FuzzTarget("legacy", reading: [TorchLegacyFormat(), TorchTarFormat()])
  static let numpy = FuzzTarget("numpy", reading: [NumPyFormat()])
  static let safetensors = FuzzTarget("safetensors", reading: [SafetensorsFormat()])
  static let torch = FuzzTarget("torch", reading: [TorchZipFormat()])
}
