public import DBNTensors

/// Gives the weights of a Flax model, flattened to one mapping, the names and the axis order of
/// PyTorch's modules.
///
/// Names such as `params/conv/kernel` and `batch_stats/bn/mean`, or with dots, lose their collection.
/// `kernel` and `scale` become `weight`, `mean` and `var` become `running_mean` and `running_var`;
/// kernels change from [height, width, in, out] to [out, in, height, width], those of dense layers
/// from [in, out] to [out, in], in one, two and three dimensions. Flax does not count batches: a
/// BatchNorm gets a `num_batches_tracked` of 0.
///
/// A weight whose axes are not certain keeps its name and is reported: a transposed convolution's
/// kernel, and one of three axes, which an attention layer has too.
///
/// Source: `flax.linen` (`Conv`, `Dense`, `BatchNorm`), `flax.traverse_util.flatten_dict`.
public enum FlaxNames {
  /// The collections of a Flax model.
  private enum Collection: String {
    case parameters = "params"
    case statistics = "batch_stats"
  }

  /// Whether the names are those of a Flax model: all are in collections.
  static func areUsed(in stateDict: StateDict) -> Bool {
    stateDict.count > 0 && stateDict.allSatisfy { Weight($0.name, $0.tensor) != nil }
  }

  /// Converts a state dict.
  ///
  /// - Returns: the state dict, each module's tensors together, in the order of its first; and a
  ///   report of what was renamed, and of what was not, with the reason.
  /// - Throws: `nameCollision` when two weights get the same name; `nothingRenamed` if no name is
  ///   that of a weight of Flax.
  public static func converting(
    _ stateDict: StateDict
  ) throws(CheckpointError) -> (stateDict: StateDict, report: ConversionReport) {
    var modules: [[(name: String, tensor: Tensor)]] = []
    var indexes: [String: Int] = [:]
    var (kept, report) = ([CheckpointDictionary.Entry](), ConversionReport())
    for entry in stateDict.dictionary.entries {
      let name = entry.key.description
      guard let tensor = entry.value.tensor, let weight = Weight(name, tensor) else {
        kept.append(entry)
        report.skipped.append(.init(name, "is not a weight in 'params' or 'batch_stats'"))
        continue
      }
      guard let converted = try weight.converted() else {
        kept.append(entry)
        report.skipped.append(.init(name, "the order of its axes is not certain"))
        continue
      }
      let index = indexes[weight.module] ?? modules.count
      if index == modules.count { modules.append([]) }
      indexes[weight.module] = index
      modules[index] += converted
      report.converted.append(name)
    }
    guard !report.converted.isEmpty else {
      throw CheckpointError(
        .nothingRenamed, "no name begins with a collection of Flax, 'params' or 'batch_stats'",
        advice: "see the keys with \(.inspection)")
    }
    report.notes = notes(of: modules.joined().map(\.name))
    return (try assembled(modules, kept, stateDict), report)
  }

  private static func assembled(
    _ modules: [[(name: String, tensor: Tensor)]], _ kept: [CheckpointDictionary.Entry],
    _ stateDict: StateDict
  ) throws(CheckpointError) -> StateDict {
    var result = CheckpointDictionary(stateDict.dictionary.kind)
    result.attributes = stateDict.dictionary.attributes
    let entries = modules.joined().map { ($0.name, CheckpointValue.tensor($0.tensor)) }
    for (name, value) in entries + kept.map({ ($0.key.description, $0.value) }) {
      guard !result.contains(.string(name)) else {
        throw CheckpointError(
          .nameCollision, name: name, "two weights would have this name in PyTorch",
          advice: "rename one of them with \(.renaming)")
      }
      result.set(.string(name), to: value)
    }
    return StateDict(result) ?? stateDict
  }

  private static func notes(of names: [String]) -> [Guidance] {
    guard names.contains(where: { $0.hasSuffix(".weight") }) else { return [] }
    return [
      "a dense layer after a flattened image takes its inputs channel by channel in PyTorch, and "
        + "position by position in Flax: permute the columns of its weight"
    ]
  }

  /// A tensor of a Flax model.
  private struct Weight {
    let module: String
    private let name: String
    private let tensor: Tensor

    init?(_ key: String, _ tensor: Tensor) {
      let parts = key.split(
        separator: key.contains("/") ? "/" : ".", omittingEmptySubsequences: false)
      guard parts.count > 2, let collection = Collection(rawValue: String(parts[0])),
        let last = parts.last, Self.names[collection]?.contains(String(last)) == true
      else { return nil }
      module = parts.dropFirst().dropLast().joined(separator: ".")
      name = String(last)
      self.tensor = tensor
    }

    private static let names: [Collection: Set<String>] = [
      .parameters: ["kernel", "bias", "scale", "embedding"], .statistics: ["mean", "var"],
    ]

    /// The tensor under PyTorch's name, with its order of axes; nil if that is not certain.
    func converted() throws(CheckpointError) -> [(name: String, tensor: Tensor)]? {
      switch name {
      case "kernel":
        guard let axes else { return nil }
        return [("\(module).weight", try tensor.permuted(axes))]
      case "scale", "embedding": return [("\(module).weight", tensor)]
      case "mean": return [("\(module).\(BatchNormQuantity.runningMean.rawValue)", tensor)]
      case "var":
        let counter = try Tensor(elements: [Int64(0)], shape: [])
        return [
          ("\(module).\(BatchNormQuantity.runningVar.rawValue)", tensor),
          ("\(module).\(BatchNormQuantity.numBatchesTracked.rawValue)", counter),
        ]
      default: return [("\(module).\(name)", tensor)]
      }
    }

    /// The axes of a kernel in PyTorch's order. The channels come last in Flax, and a transposed
    /// convolution's kernel has the same form.
    private var axes: [Int]? {
      let isTransposed = module.split(separator: ".").last?.contains("Transpose") == true
      let count = tensor.shape.count
      switch count {
      case 2: return [1, 0]
      case 4, 5: return isTransposed ? nil : [count - 1, count - 2] + Array(0..<count - 2)
      default: return nil
      }
    }
  }
}
