import Tensors

@testable import HDF5

extension Catalog {
  static func reading(_ path: String) throws -> Catalog {
    try CatalogReader.read(path, byteCount: MappedFile.open(path).count)
  }
}
