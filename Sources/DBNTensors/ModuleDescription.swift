/// A module of a file that was saved as a whole model: what its state dict does not contain.
public struct ModuleDescription: Sendable {
  /// Where the state dict is that the module was read as, or is a part of.
  public let entry: EntryPath
  /// The module's name in the state dict: `layer1.0.bn1`; empty for the whole.
  public let name: String
  /// Its class, as Python names it: `torch.nn.modules.batchnorm.BatchNorm2d`.
  public let className: String
  /// Its attributes other than parameters, persistent buffers and modules, in order. Objects are
  /// opaque values.
  public let settings: [(name: String, value: CheckpointValue)]

  /// A description of a module.
  public init(
    entry: EntryPath, name: String, className: String,
    settings: [(name: String, value: CheckpointValue)]
  ) {
    self.entry = entry
    self.name = name
    self.className = className
    self.settings = settings
  }
}

extension ModuleDescription {
  /// Whether it is one of PyTorch's InstanceNorms, whose tensors are those of a BatchNorm. TorchScript
  /// puts parts of its own into names of classes.
  var isInstanceNorm: Bool { className.contains(Self.instanceNorms) }

  /// What the names of the classes of PyTorch's InstanceNorms begin with.
  static let instanceNorms = "torch.nn.modules.instancenorm."
}

extension ModuleDescription: CustomStringConvertible {
  /// `BatchNorm2d (torch.nn.modules.batchnorm): training False, eps 1e-05`.
  public var description: String {
    let parts = className.split(separator: ".")
    let package = parts.dropLast().joined(separator: ".")
    let title = "\(parts.last ?? "")" + (package.isEmpty ? "" : " (\(package))")
    let settings = settings.map { "\($0.name) \($0.value.settingText)" }
    return settings.isEmpty ? title : "\(title): \(settings.joined(separator: ", "))"
  }
}

extension CheckpointValue {
  /// The value of a short tuple, list or mapping in full; otherwise as `scalarText`.
  fileprivate var settingText: String {
    switch self {
    case .tuple(let elements) where elements.count <= 8:
      "(" + elements.map(\.settingText).joined(separator: ", ") + ")"
    case .list(let elements) where elements.count <= 8:
      "[" + elements.map(\.settingText).joined(separator: ", ") + "]"
    case .dictionary(let dictionary) where dictionary.entries.count <= 8:
      "{"
        + dictionary.entries.map { "\($0.key): \($0.value.settingText)" }.joined(separator: ", ")
        + "}"
    case .opaque(let value): value.name
    default: scalarText
    }
  }
}
