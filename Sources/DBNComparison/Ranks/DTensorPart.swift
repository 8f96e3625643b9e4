public import DBNTensors

/// What one rank saved of a `DTensor`: its local tensor, and which slice of the whole that is.
///
/// PyTorch pickles a `DTensor` with `_local_tensor`, a plain tensor, and `_spec`, whose mesh has the
/// rank's coordinates and whose placements have a value for each dimension of the mesh.
/// Source: `torch/distributed/tensor/_dtensor_spec.py` and `placement_types.py`,
/// `torch/distributed/device_mesh.py`.
struct DTensorPart {
  let local: Tensor
  /// The shape of the whole.
  let size: [Int]
  let slice: TensorSlice

  /// - Returns: nil for anything but a `DTensor`.
  /// - Throws: `unsupportedPlacement` for what can't be put together; `dTensor` for one that is not
  ///   of PyTorch's form.
  init?(_ value: CheckpointValue) throws(CheckpointError) {
    guard case .opaque(let object) = value, let fields = Self.fields(object) else { return nil }
    guard let local = fields["_local_tensor"]?.tensor else {
      throw Self.wrong("'_local_tensor' is no plain tensor")
    }
    guard let spec = fields["_spec"]?.fields, let mesh = spec["mesh"]?.fields else {
      throw Self.wrong("'_spec' has no mesh")
    }
    self.local = local
    size = try Self.size(spec["tensor_meta"])
    try Self.checkOrder(spec["shard_order"])
    slice = try Self.slice(
      of: size, coordinates: Self.coordinates(mesh), meshShape: Self.shape(ofMesh: mesh),
      spec["placements"]?.elements ?? [])
    guard slice.sizes == local.shape else {
      throw Self.wrong(
        "by its placements the rank has \(slice.sizes) of \(size), but it saved \(local.shape)")
    }
  }

  /// The attributes of a `DTensor`: the last argument of `_rebuild_from_type_v2`, with the class
  /// among the others.
  private static func fields(_ object: OpaqueValue) -> CheckpointDictionary? {
    let isDTensor = object.arguments?.contains { argument in
      guard case .opaque(let type) = argument, type.arguments == nil else { return false }
      return type.name.hasPrefix("torch.distributed.") && type.name.hasSuffix(".DTensor")
    }
    guard isDTensor == true else { return nil }
    // Attributes in slots come as a pair with those in the dictionary.
    let states = object.state?.elements ?? object.state.map { [$0] } ?? []
    return states.compactMap(\.dictionary).first { $0["_local_tensor"] != nil }
  }

  static func wrong(_ reason: String) -> CheckpointError {
    CheckpointError(
      .dTensor, "is a DTensor that can't be read: \(reason)",
      advice: "save tensor.full_tensor() in Python")
  }
}

extension DTensorPart {
  /// `TensorMeta(shape, stride, dtype)`.
  private static func size(_ meta: CheckpointValue?) throws(CheckpointError) -> [Int] {
    guard case .opaque(let object)? = meta, let size = object.arguments?.first?.ints,
      size.allSatisfy({ $0 >= 0 })
    else { throw wrong("'tensor_meta' has no shape") }
    return size
  }

  /// The rank's coordinates in the mesh.
  private static func coordinates(
    _ mesh: CheckpointDictionary
  ) throws(CheckpointError) -> [Int] {
    guard let coordinates = mesh["_coordinate_on_dim"]?.ints else {
      throw wrong("its mesh does not have the rank's coordinates")
    }
    return coordinates
  }

  /// The sizes of the mesh: those of a tensor of ranks, since PyTorch 2.9 those of a layout, whose
  /// axes can be made of several.
  private static func shape(
    ofMesh mesh: CheckpointDictionary
  ) throws(CheckpointError) -> [Int] {
    if let ranks = mesh["mesh"]?.tensor ?? mesh["_mesh"]?.tensor { return ranks.shape }
    let layout = mesh["_layout"]?.fields
    let axes = layout?["axes"]?.elements ?? layout?["shape"]?.elements ?? []
    let sizes = axes.compactMap { axis -> Int? in
      guard let sizes = axis.ints ?? axis.fields?["shape"]?.ints, sizes.count <= 16 else {
        return nil
      }
      return sizes.allSatisfy { 1...1_000_000 ~= $0 } ? sizes.reduce(1, &*) : nil
    }
    guard !axes.isEmpty, sizes.count == axes.count, sizes.allSatisfy({ $0 > 0 }) else {
      throw wrong("the shape of its mesh is not known")
    }
    return sizes
  }

  /// Dimensions that are sharded several times are so from the mesh's first dimension on, unless
  /// this says otherwise.
  private static func checkOrder(_ order: CheckpointValue?) throws(CheckpointError) {
    for entry in order?.elements ?? [] {
      guard case .opaque(let object) = entry, let meshDimensions = object.arguments?.last?.ints,
        meshDimensions == meshDimensions.sorted()
      else { throw unsupported("shards in an order other than that of the mesh") }
    }
  }

  /// As `compute_local_shape_and_global_offset` of `torch/distributed/tensor/_utils.py`: each
  /// dimension of the mesh cuts what the ones before it left.
  private static func slice(
    of size: [Int], coordinates: [Int], meshShape: [Int], _ placements: [CheckpointValue]
  ) throws(CheckpointError) -> TensorSlice {
    guard coordinates.count == meshShape.count, placements.count == meshShape.count,
      zip(coordinates, meshShape).allSatisfy({ 0..<$1 ~= $0 })
    else { throw wrong("its placements, coordinates and mesh do not agree") }
    var (offsets, sizes) = (size.map { _ in 0 }, size)
    for (index, placement) in placements.enumerated() {
      guard let dimension = try shardedDimension(placement, count: size.count) else { continue }
      let chunk =
        sizes[dimension] / meshShape[index] + (sizes[dimension] % meshShape[index] > 0 ? 1 : 0)
      let (product, overflow) = chunk.multipliedReportingOverflow(by: coordinates[index])
      let start = overflow ? sizes[dimension] : min(sizes[dimension], product)
      offsets[dimension] += start
      sizes[dimension] = min(chunk, sizes[dimension] - start)
    }
    return TensorSlice(offsets: offsets, sizes: sizes)
  }

  /// The dimension of `Shard`; nil for `Replicate`.
  private static func shardedDimension(
    _ placement: CheckpointValue, count: Int
  ) throws(CheckpointError) -> Int? {
    guard case .opaque(let object) = placement else { throw wrong("a placement is no object") }
    switch object.name.split(separator: ".").last {
    case "Replicate": return nil
    case "Shard":
      let argument = placement.fields?["dim"] ?? object.arguments?.first
      guard case .int(let dimension)? = argument, -count..<count ~= dimension else {
        throw wrong("'Shard' has no dimension of the tensor")
      }
      return dimension < 0 ? dimension + count : dimension
    case let name: throw unsupported(name.map { "the placement \($0)" } ?? "a placement")
    }
  }

  private static func unsupported(_ what: String) -> CheckpointError {
    CheckpointError(
      .unsupportedPlacement,
      "is a DTensor with \(what.visible()); only Shard and Replicate can be put together",
      advice: "save tensor.full_tensor() in Python")
  }
}

extension CheckpointValue {
  /// The attributes of an object.
  fileprivate var fields: CheckpointDictionary? {
    guard case .opaque(let object) = self else { return dictionary }
    return object.state?.dictionary
  }

  /// A tuple, list or `torch.Size` of integers, or one integer.
  fileprivate var ints: [Int]? {
    switch self {
    case .int(let number): return [number]
    case .size(let sizes): return sizes
    default:
      guard let elements else { return nil }
      var numbers: [Int] = []
      for element in elements {
        guard case .int(let number) = element else { return nil }
        numbers.append(number)
      }
      return numbers
    }
  }
}

extension CheckpointError.Code {
  /// A `DTensor` has a placement other than Shard and Replicate.
  public static let unsupportedPlacement = Self("unsupported-placement")
  /// A `DTensor` is not of the form that PyTorch gives it.
  public static let dTensor = Self("dtensor")
}
