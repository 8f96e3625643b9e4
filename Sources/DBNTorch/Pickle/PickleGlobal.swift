import DBNTensors

/// A global that a pickle names: `collections.OrderedDict`, `torch.float32`.
struct PickleGlobal: Sendable {
  typealias Function =
    @Sendable (inout PickleMachine, PickleArguments) throws(CheckpointError) -> PickleValue

  enum Role: Sendable {
    /// A function here that makes the value that PyTorch's or Python's function would make.
    case callable(Function)
    case scalarType(ScalarType)
    case storageType(TorchStorageType)
    case tensorClass(Tensor.Kind)
    /// A constant that is only carried by its name.
    case constant
  }

  let name: String
  let role: Role

  /// The value that the name itself is; nil for functions and classes.
  var value: CheckpointValue? {
    switch role {
    case .scalarType(let type): .scalarType(type)
    case .constant: .constant(name)
    case .callable, .storageType, .tensorClass: nil
    }
  }

  /// All globals that a checkpoint may use; nothing else can be called.
  static let table: [String: Role] = {
    var table = functions
    for type in ScalarType.allCases { table[PickleName.scalarType(type)] = .scalarType(type) }
    for name in TorchConstants.globals { table[name] = .constant }
    for (name, type) in TorchStorageType.byName { table[name] = .storageType(type) }
    // The tensor classes before PyTorch 0.4, whose element types are in their storages.
    for name in TorchStorageType.byName.keys where TorchStorageType.byName[name] != .untyped {
      table[name.replacing("Storage", with: "Tensor")] = .tensorClass(.tensor)
    }
    return table
  }()

  private static let functions: [String: Role] = [
    PickleName.orderedDict: .callable(makeOrderedDict),
    PickleName.counter: .callable(makeCounter),
    PickleName.set: .callable(makeSet),
    PickleName.bytes: .callable(makeBytes),
    PickleName.byteArray: .callable(makeByteArray),
    PickleName.complex: .callable(makeComplex),
    PickleName.encode: .callable(encode),
    PickleName.size: .callable(makeSize),
    PickleName.device: .callable(makeDevice),
    PickleName.layout: .callable(makeLayout),
    PickleName.tensor: .tensorClass(.tensor),
    "torch.nn.parameter.Parameter": .tensorClass(.parameter),
    "torch.nn.parameter.Buffer": .tensorClass(.buffer),
    "torch._utils._rebuild_tensor": .callable(rebuildTensor),
    PickleName.rebuildTensorV2: .callable(rebuildTensorV2),
    PickleName.rebuildTensorV3: .callable(rebuildTensorV3),
    PickleName.rebuildParameter: .callable(rebuildParameter),
    "torch._utils._rebuild_parameter_with_state": .callable(rebuildParameterWithState),
    PickleName.loadFromBytes: .callable(loadStorage),
    PickleName.rebuildFromType: .callable(rebuildFromType),
  ]
}
