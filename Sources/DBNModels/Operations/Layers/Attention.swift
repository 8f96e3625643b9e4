package import DBNTensors

extension Operation {
  /// Operands: query [..., L, E], key [..., S, E], value [..., S, V], mask [..., L, S] or none. The
  /// other dimensions broadcast.
  public static func attention(_ attributes: Attention) -> Operation { Operation(attributes) }

  /// The attributes of `torch.nn.functional.scaled_dot_product_attention`.
  public struct Attention: GraphOperation {
    /// The factor of the products of queries and keys; nil for `1 / sqrt(E)`.
    public var scale: Double?
    /// Whether a query attends to no key after its own position.
    public var isCausal: Bool
    /// Whether keys where the mask is 0 are left out. If not, the mask is added to the products.
    public var hasBooleanMask: Bool
    /// Whether several heads of queries, dimension -3, share a head of keys and values.
    public var sharesHeads: Bool

    /// Makes the attributes.
    public init(
      scale: Double? = nil, isCausal: Bool = false, hasBooleanMask: Bool = false,
      sharesHeads: Bool = false
    ) {
      self.scale = scale
      self.isCausal = isCausal
      self.hasBooleanMask = hasBooleanMask
      self.sharesHeads = sharesHeads
    }

    package static var names: [String] { ["attention"] }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      let hasScale = reader.json["scale"] != .null
      self.init(
        scale: hasScale ? try reader.number("scale") : nil, isCausal: try reader.bool("causal"),
        hasBooleanMask: try reader.bool("boolean_mask"),
        sharesHeads: try reader.bool("shares_heads"))
    }

    package var attributes: [JSON.Member] {
      [
        .init("scale", scale.map { .double($0) } ?? .null), .init("causal", .bool(isCausal)),
        .init("boolean_mask", .bool(hasBooleanMask)), .init("shares_heads", .bool(sharesHeads)),
      ]
    }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let shapes = try AttentionShapes(
        query: operands.required(0), key: operands.required(1), value: operands.required(2),
        mask: operands[3], sharesHeads: sharesHeads)
      return (Operation(self), [shapes.output])
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let kernel = try AttentionKernel(
        self, query: operands.required(0), key: operands.required(1), value: operands.required(2),
        mask: operands[3])
      return [try kernel.output().reshaped(to: shapes[0])]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      let statistics = "uses the logarithms of an attention's sums, which the graph does not have"
      return [
        "scaled_dot_product_attention": { importer, call throws(CheckpointError) in
          try importer.attention(&call)
        },
        "_scaled_dot_product_flash_attention_for_cpu": { importer, call throws(CheckpointError) in
          try importer.attention(&call) + [.missing(statistics)]
        },
      ]
    }
  }
}

extension GraphImporter {
  fileprivate mutating func attention(
    _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    noteDropout(try call.number("dropout_p", default: 0))
    let mask = try call.optionalTensor("attn_mask")
    let attributes = Operation.Attention(
      scale: call.number("scale"), isCausal: try call.bool("is_causal", default: false),
      hasBooleanMask: try mask.map { name throws(CheckpointError) in
        try meta(name).integralType != nil
      } ?? false,
      sharesHeads: try call.bool("enable_gqa", default: false))
    let operands = [
      try operand(of: call.tensor("query")), try operand(of: call.tensor("key")),
      try operand(of: call.tensor("value")), try optionalOperand(mask),
    ]
    return try result(.attention(attributes), operands, call)
  }
}
