public import DBNTensors

extension BatchNormLayout {
  /// Reads a user-defined layout: a JSON object with its name, where each quantity is kept, and how
  /// the mini-batch is divided. `docs/layouts.md` describes it.
  ///
  ///     {"name": "mine", "weight": "scale", "bias": "shift",
  ///      "running_mean": {"devices": "mean", "form": "rows"},
  ///      "running_var": {"devices": "variance", "form": "rows"},
  ///      "slices": "interleaved", "evaluation": "row"}
  ///
  /// - Throws: `invalidLayout`, which names the offending member.
  public init(parsing json: JSON) throws(CheckpointError) {
    guard let members = json.members else { throw .layout(nil, "it must hold a JSON object") }
    let known = Set(BatchNormQuantity.allCases.map(\.rawValue) + Self.properties)
    if let stranger = members.first(where: { !known.contains($0.name) }) {
      throw .layout(stranger.name, "a layout has no such member")
    }
    guard let name = json["name"]?.string, !name.isEmpty, Self.named(name) == nil else {
      throw .layout("name", "it must be a text, neither empty nor the name of a known layout")
    }
    var tensors: [BatchNormQuantity: TensorPlacement] = [:]
    for quantity in BatchNormQuantity.allCases {
      guard let value = json[quantity.rawValue], value != .null else { continue }
      tensors[quantity] = try TensorPlacement(parsing: value, of: quantity)
    }
    self.init(
      description: name, tensors: tensors, slices: try json.choice("slices", or: .contiguous),
      training: try json.choice("training", or: .everyDevice),
      evaluation: try json.choice("evaluation", or: .shared))
    try validate()
  }

  private static let properties = ["name", "slices", "training", "evaluation"]

  private func validate() throws(CheckpointError) {
    guard let mean = tensors[.runningMean], let variance = tensors[.runningVar] else {
      throw .layout("running_mean", "a layout needs both running_mean and running_var")
    }
    let agree =
      (mean.shared == nil) == (variance.shared == nil)
      && mean.devices?.form == variance.devices?.form
    guard agree else {
      throw .layout(
        "running_var",
        "it must be kept as running_mean is: shared, per device or both, in the same form")
    }
    guard evaluation == .shared ? mean.shared != nil : mean.devices != nil else {
      let needed = evaluation == .shared ? "shared" : "per-device"
      throw .layout(
        "evaluation",
        "'\(evaluation.rawValue)' needs \(needed) statistics, which this layout does not have")
    }
    for quantity in [BatchNormQuantity.weight, .bias] {
      guard let devices = tensors[quantity]?.devices, devices.form != .each else { continue }
      throw .layout(quantity.rawValue, "if it is per device, its form must be 'each'")
    }
    let keys = siteTensors(worldSize: 2).map(\.key)
    guard Set(keys).count == keys.count else {
      throw .layout(nil, "two tensors would have the same key")
    }
  }
}

extension TensorPlacement {
  /// Reads either a string, the shared tensor's key, or `{"shared": ..., "devices": ..., "form":
  /// ...}`.
  fileprivate init(
    parsing json: JSON, of quantity: BatchNormQuantity
  ) throws(CheckpointError) {
    let name = quantity.rawValue
    if let key = json.string {
      self.init(shared: key)
    } else {
      guard let members = json.members,
        members.allSatisfy({ ["shared", "devices", "form"].contains($0.name) })
      else {
        throw .layout(name, "it must be a key, or an object with only shared, devices and form")
      }
      self.init(shared: json["shared"]?.string)
      if let key = json["devices"]?.string {
        devices = DeviceTensors(key, try json.choice("form", or: .rows))
      }
    }
    guard shared != nil || devices != nil else {
      throw .layout(name, "it needs a key: a text, or an object with shared or devices")
    }
    guard shared != "", devices?.key != "" else { throw .layout(name, "a key is empty") }
    guard let devices else { return }
    guard devices.form != .single || quantity == .numBatchesTracked else {
      throw .layout(
        name, "only num_batches_tracked can have the form 'single', one number for all devices")
    }
    let placeholders = devices.key.components(separatedBy: DeviceTensors.placeholder) - 1
    guard placeholders == (devices.form == .each ? 1 : 0), devices.form != .each || shared != nil
    else {
      throw .layout(
        name,
        "the form 'each' needs a shared key, for device 0, and {} exactly once in the key of "
          + "devices; in other forms that key has no {}")
    }
  }
}

extension JSON {
  /// The enum case that a member names.
  fileprivate func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ name: String, or standard: Choice
  ) throws(CheckpointError) -> Choice {
    guard let value = self[name] else { return standard }
    guard let choice = value.string.flatMap({ Choice(rawValue: $0) }) else {
      let choices = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw .layout(name, "it must be one of \(choices)")
    }
    return choice
  }
}

extension String {
  /// The number of pieces that the separator splits the text into.
  fileprivate func components(separatedBy separator: String) -> Int {
    var (count, rest) = (1, self[...])
    while let index = rest.firstIndex(of: separator[separator.startIndex]) {
      if rest[index...].hasPrefix(separator) { count += 1 }
      rest = rest[rest.index(after: index)...]
    }
    return count
  }
}

extension CheckpointError {
  fileprivate static func layout(_ name: String?, _ reason: String) -> CheckpointError {
    CheckpointError(
      .invalidLayout, name: name, reason, advice: "docs/layouts.md describes layout files")
  }
}

extension CheckpointError.Code {
  /// A layout file breaks a rule of layouts.
  public static let invalidLayout = Self("invalid-layout")
}
