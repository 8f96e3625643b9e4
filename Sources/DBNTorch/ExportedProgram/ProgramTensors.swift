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

extension ScalarType {
  /// The type with a raw value of `ScalarType` in `torch/_export/serde/schema.py`.
  init?(exportCode code: Int) {
    switch code {
    case 1: self = .uint8
    case 2: self = .int8
    case 3: self = .int16
    case 4: self = .int32
    case 5: self = .int64
    case 6: self = .float16
    case 7: self = .float32
    case 8: self = .float64
    case 9: self = .complex32
    case 10: self = .complex64
    case 11: self = .complex128
    case 12: self = .bool
    case 13: self = .bfloat16
    case 28: self = .uint16
    case 29: self = .float8E4M3FN
    case 30: self = .float8E5M2
    case 31: self = .float8E4M3FNUZ
    case 32: self = .float8E5M2FNUZ
    case 33: self = .float8E8M0FNU
    case 34: self = .uint32
    case 35: self = .uint64
    default: return nil
    }
  }
}
