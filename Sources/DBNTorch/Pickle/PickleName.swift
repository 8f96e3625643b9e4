import DBNTensors

/// Names in a checkpoint's pickle: classes and functions that are read and written under the same
/// Python 3 name, and other strings.
///
/// Source: `torch/_utils.py`, `torch/_tensor.py`, `torch/nn/parameter.py`,
/// `torch/serialization.py`.
enum PickleName {
  static let dict = "builtins.dict"
  static let set = "builtins.set"
  static let frozenSet = "builtins.frozenset"
  static let bytes = "builtins.bytes"
  static let byteArray = "builtins.bytearray"
  static let complex = "builtins.complex"
  static let encode = "_codecs.encode"
  static let orderedDict = "collections.OrderedDict"
  static let counter = "collections.Counter"

  static let size = "torch.Size"
  static let device = "torch.device"
  static let layout = "torch.serialization._get_layout"
  static let tensor = "torch.Tensor"
  static let untypedStorage = "torch.storage.UntypedStorage"
  static let rebuildTensorV2 = "torch._utils._rebuild_tensor_v2"
  static let rebuildTensorV3 = "torch._utils._rebuild_tensor_v3"
  static let rebuildParameter = "torch._utils._rebuild_parameter"
  static let loadFromBytes = "torch.storage._load_from_bytes"
  static let rebuildFromType = "torch._tensor._rebuild_from_type_v2"

  static func scalarType(_ type: ScalarType) -> String { "torch.\(type.name)" }

  /// The first element of a storage's persistent id.
  static let storage = "storage"

  /// The attributes of a tensor that is an `nn.Buffer`.
  enum BufferAttribute {
    static let isBuffer = "_is_buffer"
    static let persistent = "persistent"
  }

  /// The Latin-1 codec for bytes stored as text, which Python spells in two ways: with a hyphen for
  /// a `bytearray`.
  enum Latin1 {
    static let ofBytes = "latin1"
    static let ofByteArray = "latin-1"
  }
}
