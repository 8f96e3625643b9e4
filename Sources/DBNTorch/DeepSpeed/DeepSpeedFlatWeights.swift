import DBNTensors

/// The flat weights of one rank, in float32, without names.
///
/// Source: `parse_optim_states` in DeepSpeed's `zero_to_fp32.py`.
struct DeepSpeedFlatWeights {
  let stage: Int
  /// The number of ranks among which each group is divided.
  let rankCount: Int
  let groups: [Tensor]

  init(_ root: CheckpointValue) throws(CheckpointError) {
    guard let optimizer = root.dictionary?["optimizer_state_dict"]?.dictionary,
      let stage = optimizer["zero_stage"]?.number, 1...3 ~= stage
    else { throw DeepSpeedModelState.wrong("has no optimizer of ZeRO stage 1 to 3") }
    self.stage = stage
    // With experts, groups can be divided among different numbers of ranks.
    let counts = optimizer["partition_count"].map { $0.elements ?? [$0] } ?? []
    rankCount = counts.reduce(0) { most, count in
      max(most, count.number ?? 0)
    }
    let key = stage == 3 ? "fp32_flat_groups" : "single_partition_of_fp32_groups"
    guard let groups = optimizer[key]?.elements else {
      throw DeepSpeedModelState.wrong("has no '\(key)'")
    }
    let tensors = groups.compactMap(\.tensor)
    guard tensors.count == groups.count, !tensors.isEmpty,
      tensors.allSatisfy({ $0.shape.count == 1 })
    else { throw DeepSpeedModelState.wrong("'\(key)' is no list of flat tensors") }
    self.groups = tensors
  }
}

extension CheckpointValue {
  /// An integer, or a member of an enumeration such as `ZeroStageEnum`, which is called with one.
  fileprivate var number: Int? {
    if case .int(let number) = self { return number }
    guard case .opaque(let object) = self, object.arguments?.count == 1,
      case .int(let number)? = object.arguments?.first
    else { return nil }
    return number
  }
}
