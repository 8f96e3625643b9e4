import DBNTensors

@testable import DBNHDF5

extension Catalog {
  static func reading(_ path: String) throws -> Catalog {
    try CatalogParser.read(MappedFile.open(path))
  }
}
