import DBNTensors

extension Operation.Interpolation {
  package static var handlers: [String: GraphImporter.Handler] {
    let names: [(String, Self)] = [
      ("upsample_nearest1d", .init(.nearest)), ("upsample_nearest2d", .init(.nearest)),
      ("upsample_nearest3d", .init(.nearest)),
      ("_upsample_nearest_exact1d", .init(.nearestExact)),
      ("_upsample_nearest_exact2d", .init(.nearestExact)),
      ("_upsample_nearest_exact3d", .init(.nearestExact)),
      ("upsample_linear1d", .init(.linear)), ("upsample_bilinear2d", .init(.linear)),
      ("upsample_trilinear3d", .init(.linear)), ("upsample_bicubic2d", .init(.cubic)),
      ("_upsample_bilinear2d_aa", .init(.linear, antialiases: true)),
      ("_upsample_bicubic2d_aa", .init(.cubic, antialiases: true)),
      ("_upsample_lanczos2d_aa", .init(.lanczos, antialiases: true)),
    ]
    return Dictionary(uniqueKeysWithValues: names.map { ($0, handler($1)) })
  }

  private static func handler(_ attributes: Self) -> GraphImporter.Handler {
    { importer, call throws(CheckpointError) in
      try importer.interpolation(attributes, &call)
    }
  }
}

extension GraphImporter {
  /// Reads the form with a list of scales and the one with an argument for each.
  fileprivate mutating func interpolation(
    _ attributes: Operation.Interpolation, _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    var attributes = attributes
    attributes.sizes = try sizes("output_size", &call) ?? []
    attributes.alignsCorners = try call.bool("align_corners", default: false)
    let given = ["scales", "scales_d", "scales_h", "scales_w"].compactMap { call.number($0) }
    attributes.scales = try call.numbers("scale_factors") ?? given
    return try result(Operation(attributes), of: call.input(), call)
  }
}
