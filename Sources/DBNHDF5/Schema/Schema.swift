/// The names in the schema, version 1, which docs/hdf5-schema.md specifies.
enum Schema {
  static let name = "dbn-checkpoint"
  static let version = 1

  /// The attributes of the schema.
  enum Attribute {
    static let schema = "schema"
    static let version = "schema_version"
    static let createdBy = "created_by"
    static let history = "history"
    static let graph = "graph"
    static let batchNorms = "batch_norms"
    static let checksums = "checksums"
    static let kind = "kind"
    static let intKeys = "int_keys"
    static let attributes = "attributes"
    static let overrides = "overrides"
    static let requiresGrad = "requires_grad"
    static let dtype = "dtype"
  }

  /// The name of the only link in a root of the kind `value`.
  static let value = "value"
}
