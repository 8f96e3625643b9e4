import DBNTensors

/// The shapes of an attention's operands, which have been checked. Where heads are shared, their
/// dimension is split in two, the second of which broadcasts.
struct AttentionShapes {
  private(set) var query: [Int]
  private(set) var key: [Int]
  private(set) var value: [Int]
  private(set) var mask: [Int]?
  /// What the dimensions before the last two broadcast to.
  private(set) var batch: [Int] = []
  private let sharesHeads: Bool

  /// L, the number of queries.
  var queries: Int { query[query.count - 2] }
  /// S, the number of keys and values.
  var keys: Int { key[key.count - 2] }
  /// The size of a query and of a key.
  var depth: Int { key[key.count - 1] }
  /// The size of a value.
  var features: Int { value[value.count - 1] }

  /// - Throws: `shapeMismatch`.
  init(
    query: [Int], key: [Int], value: [Int], mask: [Int]?, sharesHeads: Bool
  ) throws(CheckpointError) {
    self.query = query
    self.key = key
    self.value = value
    self.mask = mask
    self.sharesHeads = sharesHeads
    let shapes = [query, key, value]
    let error = CheckpointError.shape(
      "an attention of queries \(query) to keys \(key) and values \(value)"
        + (mask.map { " with a mask \($0)" } ?? "") + " is undefined")
    guard shapes.allSatisfy({ $0.count >= (sharesHeads ? 3 : 2) }), query.last == key.last,
      key[key.count - 2] == value[value.count - 2]
    else { throw error }
    if sharesHeads { try splitHeads(orThrow: error) }
    batch = try [Int](self.query.dropLast(2)).broadcast(with: [Int](self.key.dropLast(2)))
      .broadcast(with: [Int](self.value.dropLast(2)))
    let products = batch + [queries, keys]
    guard
      try self.mask.map({ mask throws(CheckpointError) in
        try mask.broadcast(with: products) == products
      }) ?? true
    else { throw error }
  }

  private mutating func splitHeads(orThrow error: CheckpointError) throws(CheckpointError) {
    let (heads, shared) = (query[query.count - 3], key[key.count - 3])
    guard shared > 0, heads % shared == 0, value[value.count - 3] == shared else { throw error }
    let split = [shared, heads / shared]
    query.replaceSubrange(query.count - 3..<query.count - 2, with: split)
    key.insert(1, at: key.count - 2)
    value.insert(1, at: value.count - 2)
    guard let mask, mask.count >= 3 else { return }
    let isForAll = mask[mask.count - 3] == 1
    guard isForAll || mask[mask.count - 3] == heads else { throw error }
    self.mask?.replaceSubrange(
      mask.count - 3..<mask.count - 2, with: isForAll ? [1, 1] : split)
  }

  /// The shape of the output, whose heads are those of the queries.
  var output: [Int] {
    let heads = sharesHeads ? batch.dropLast(2) + [batch.suffix(2).reduce(1, *)] : batch
    return heads + [queries, features]
  }
}
