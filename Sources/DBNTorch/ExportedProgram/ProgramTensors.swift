import DBNTensors

/// The tensors listed in a record of a `.pt2` file: for each name, the record with its bytes, and
/// its view of them.
///
/// Source: `PayloadConfig` and `TensorMeta` of `torch/_export/serde/schema.py`.
struct ProgramTensors {
  private let archive: ProgramArchive
  private let folder: String
  private var builder: TensorBuilder

  init(_ archive: ProgramArchive, folder: String) {
    self.archive = archive
    self.folder = folder
    builder = TensorBuilder(archive)
  }

  /// The tensors by name, in the record's order.
  mutating func read(_ config: JSON) throws(CheckpointError) -> CheckpointDictionary {
    guard let members = config["config"]?.members else { throw Self.invalid("has no `config`") }
    var tensors = CheckpointDictionary(.orderedDict)
    for member in members {
      do throws(CheckpointError) {
        tensors.set(.string(member.name), to: .tensor(try tensor(member.value)))
      } catch {
        throw error.with(name: member.name)
      }
    }
    return tensors
  }

  private mutating func tensor(_ json: JSON) throws(CheckpointError) -> Tensor {
    guard case .bool(false)? = json["use_pickle"], let meta = json["tensor_meta"], meta != .null
    else {
      throw CheckpointError(
        .torchTensorKind, "is not a plain tensor but a pickled object",
        advice: "export the model with plain tensors")
    }
    guard let record = json["path_name"]?.string, case .bool(let isParameter)? = json["is_param"]
    else { throw Self.invalid("lacks `path_name` or `is_param`") }
    let key = folder + record
    let view = try Self.view(meta, record: key)
    let storage = try builder.storage(
      key, .untyped, count: archive.storageByteCount(key))
    var tensor = try builder.tensor(
      view, in: storage, requiresGrad: meta["requires_grad"] == .bool(true))
    tensor.kind = isParameter ? .parameter : .buffer
    return tensor
  }

  private static func view(_ meta: JSON, record: String) throws(CheckpointError) -> TensorView {
    guard let code = meta["dtype"]?.int, let layout = meta["layout"]?.int else {
      throw invalid("lacks `dtype` or `layout`")
    }
    guard let scalarType = ScalarType(exportCode: code) else {
      throw CheckpointError(
        .unsupportedScalarType, "has the dtype code \(code), which this release does not know",
        advice: "read it with a newer release of dbn-convert")
    }
    guard layout == stridedLayout else {
      throw CheckpointError(
        .torchTensorKind, "is not a dense tensor (layout \(layout))",
        advice: "export the model with dense tensors")
    }
    return TensorView(
      record: record, scalarType: scalarType, offset: try number(meta["storage_offset"]),
      size: try numbers(meta["sizes"]), stride: try numbers(meta["strides"]), isConjugate: false,
      isNegative: false)
  }

  /// `Layout.Strided`.
  private static let stridedLayout = 7

  private static func numbers(_ json: JSON?) throws(CheckpointError) -> [Int] {
    guard let elements = json?.array else { throw invalid("lacks `sizes` or `strides`") }
    return try elements.map { element throws(CheckpointError) in try number(element) }
  }

  private static func number(_ json: JSON?) throws(CheckpointError) -> Int {
    guard let number = json?["as_int"]?.int else {
      throw invalid("has an offset, a size or a stride that is not an integer")
    }
    return number
  }

  private static func invalid(_ reason: String) -> CheckpointError {
    CheckpointError(
      .torchProgramRecord, "the list of tensors is not as PyTorch writes it: it \(reason)",
      advice: "the file is damaged, or of an unknown version")
  }
}
