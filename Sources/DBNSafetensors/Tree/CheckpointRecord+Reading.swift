internal import DBNTensors

extension CheckpointRecord {
  /// The checkpoint described by a record, with the file's tensors.
  ///
  /// - Throws: `disagreement` unless the record refers to exactly the file's tensors.
  static func checkpoint(
    parsing text: ByteRegion, of tensors: NamedTensors
  ) throws(CheckpointError) -> Checkpoint {
    var used = Array(repeating: false, count: tensors.count)
    let format = TaggedJSON(
      json: { _, name throws(CheckpointError) in throw invalid(name) },
      tensor: { json, _ throws(CheckpointError) in
        let (index, tensor) = try tensor(json, in: tensors)
        used[index] = true
        return tensor
      }, invalid: invalid, shared: { tensors.index(of: $0).map { tensors.names[$0] } ?? $0 })
    let (members, root) = try parse(text, format)
    try checkVersion(members[Member.version])
    guard let root = try root?.get() else { throw invalid(nil) }
    if let extra = used.firstIndex(of: false) {
      throw disagreement("the tensor '\(tensors.names[extra].visible())' is not in the record")
    }
    if let extra = tensors.unreadable.first {
      throw disagreement("the tensor '\(extra.name.visible())' is not in the record")
    }
    guard let history = (members[Member.history] ?? []).array else { throw invalid(nil) }
    let graph = members[Member.graph]
    guard graph == nil || graph?.string != nil else { throw invalid(nil) }
    guard let settings = BatchNormSettingsTable(members[Member.batchNorms] ?? [:]) else {
      throw invalid(nil)
    }
    return Checkpoint(
      root: root, history: history, graph: graph?.string, batchNormSettings: settings)
  }

  /// The members except the root, and the value of the root. The members can have any order.
  ///
  /// - Throws: `invalidJSON`.
  private static func parse(
    _ text: ByteRegion, _ format: TaggedJSON
  ) throws(CheckpointError) -> (members: JSON, root: Result<CheckpointValue, CheckpointError>?) {
    var parser = JSONParser(text)
    parser.skipSpace()
    guard parser.isAtObject else { return (try JSON(parsing: text), nil) }
    var names = NameTable()
    var members: [JSON.Member] = []
    var root: Result<CheckpointValue, CheckpointError>?
    try parser.parseObject { parser, name throws(CheckpointError) in
      guard names.add(name) else { throw parser.duplicate(name) }
      switch name {
      case Member.root:
        root = try format.parseValue(&parser, jsonDepth: 1, name: SafetensorsContent.recordName)
      case Member.version, Member.history, Member.graph, Member.batchNorms:
        members.append(JSON.Member(name, try parser.parseValue(depth: 1)))
      default: try parser.skipValue(depth: 1)
      }
    }
    try parser.expectEnd()
    return (.object(members), root)
  }

  private static func checkVersion(_ version: JSON?) throws(CheckpointError) {
    guard let version = version?.int else { throw invalid(nil) }
    guard version == Self.version else {
      throw CheckpointError(
        .safetensorsRecordVersion, name: SafetensorsContent.recordName,
        "the file's record has version \(version), which this release cannot read",
        advice: "read it with a newer release of dbn-convert")
    }
  }

  private static func tensor(
    _ json: JSON, in tensors: NamedTensors
  ) throws(CheckpointError) -> (index: Int, tensor: Tensor) {
    guard let name = json[TaggedJSON.tensorTag]?.string else { throw invalid(nil) }
    guard let index = tensors.index(of: name) else {
      throw disagreement("the tensor '\(name.visible())' of the record is not in the file")
    }
    var tensor = tensors[index]
    for member in json.members?.dropFirst() ?? [] {
      switch (member.name, member.value) {
      case (Member.kind, .string(let text)):
        guard let kind = Tensor.Kind(rawValue: text) else { throw invalid(name) }
        tensor.kind = kind
      case (Member.requiresGrad, .bool(let flag)): tensor.requiresGrad = flag
      default: throw invalid(name)
      }
    }
    return (index, tensor)
  }

  private static func disagreement(_ reason: String) -> CheckpointError {
    CheckpointError(.disagreement, reason)
  }
}
