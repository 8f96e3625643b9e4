import DBNCheckpointFormats
import DBNTensors

/// The files of a ZeRO checkpoint of DeepSpeed in a folder: what all ranks hold of the optimizer, with
/// the weights in float32, and the model's state, which names them.
///
/// Source: `deepspeed/checkpoint/constants.py` and `_get_zero_ckpt_name` in
/// `deepspeed/runtime/engine.py`: `zero_pp_rank_1_mp_rank_00_optim_states.pt`,
/// `bf16_zero_pp_rank_...`, `mp_rank_00_model_states.pt`.
struct DeepSpeedFolder {
  private static let optimizerSuffix = "_optim_states.pt"
  private static let modelSuffix = "_model_states.pt"

  let folder: SourceFolder
  /// The names of the ranks' optimizer files, by rank.
  let optimizers: [String]
  /// The names of the files with the model's state: one, or with ZeRO 3 one for each rank.
  let models: [String]

  /// - Returns: nil unless the folder has files of both kinds.
  init?(_ folder: SourceFolder) {
    guard let names = try? folder.names() else { return nil }
    optimizers = Self.sorted(names.filter { $0.hasSuffix(Self.optimizerSuffix) })
    models = Self.sorted(names.filter { $0.hasSuffix(Self.modelSuffix) })
    guard !optimizers.isEmpty, !models.isEmpty else { return nil }
    self.folder = folder
  }

  /// The folder itself, or the one in it that its file `latest` names.
  static func find(in folder: SourceFolder) -> DeepSpeedFolder? {
    if let found = DeepSpeedFolder(folder) { return found }
    guard let latest = try? folder.file("latest"), latest.bytes.count <= 256,
      let text = String(validating: latest.bytes.array, as: UTF8.self)
    else { return nil }
    let tag = text.split { $0.isWhitespace }.first.map(String.init) ?? ""
    guard !tag.isEmpty, tag != ".", tag != "..", !tag.contains("/"), !tag.utf8.contains(0) else {
      return nil
    }
    return DeepSpeedFolder(SourceFolder(folder.prefix + tag))
  }

  /// The paths of all files.
  var paths: [String] { (models + optimizers).map { folder.prefix + $0 } }

  /// By the numbers in the names, so that rank 10 comes after rank 2.
  private static func sorted(_ names: [String]) -> [String] {
    names.map { (numbers: numbers(in: $0), name: $0) }
      .sorted { left, right in
        left.numbers == right.numbers
          ? left.name < right.name : left.numbers.lexicographicallyPrecedes(right.numbers)
      }.map(\.name)
  }

  private static func numbers(in name: String) -> [Int] {
    name.split { !$0.isASCII || !$0.isNumber }.map { Int($0) ?? .max }
  }

  /// Refuses files of models in slices, and of experts, whose parts are put together in other ways.
  func refuseSlices() throws(CheckpointError) {
    let names = optimizers + models
    let other = names.first { name in
      !name.contains("mp_rank_00_") || name.hasPrefix("expp_rank_") || name.hasPrefix("layer_")
    }
    guard let other else { return }
    throw CheckpointError(
      .deepSpeed, path: folder.prefix + other,
      "is of a model that DeepSpeed trained in slices or with experts, which are not put together",
      advice: "use zero_to_fp32.py or ds_to_universal.py, which come with DeepSpeed")
  }
}
