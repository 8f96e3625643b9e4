/// A scalar type, a shape, and the contiguous (row-major) bytes of the elements.
///
/// Strides, byte order, conjugation and negation of the file a tensor came from are resolved before
/// it becomes one. A 0-dim tensor has the shape `[]` and one element.
public struct Tensor: Sendable {
  /// What the tensor is to its module, where the file says so. A plain PyTorch state dict does not:
  /// `state_dict()` detaches parameters and buffers alike.
  public enum Kind: String, Sendable, Hashable {
    case tensor
    case parameter
    case buffer
  }

  // In an order that leaves no gaps: a checkpoint can have very many.
  /// Sizes of the dimensions, the outermost first.
  public let shape: [Int]
  /// The bytes of the elements; shared by tied tensors.
  public let storage: TensorStorage
  /// The type of an element.
  public let scalarType: ScalarType
  /// What the tensor is to its module.
  public var kind: Kind
  /// Whether PyTorch computes gradients for it, where the file says so.
  public var requiresGrad: Bool

  /// - Throws: `inconsistentTensor` when the storage does not have exactly the bytes of the shape.
  public init(
    _ scalarType: ScalarType, shape: [Int], storage: TensorStorage, kind: Kind = .tensor,
    requiresGrad: Bool = false
  ) throws(CheckpointError) {
    let byteCount = try Tensor.byteCount(of: scalarType, shape: shape)
    guard byteCount == storage.byteCount else {
      throw CheckpointError(
        .inconsistentTensor,
        "\(scalarType.name) \(shape) needs \(byteCount) bytes, \(storage.byteCount) are there")
    }
    self.scalarType = scalarType
    self.shape = shape
    self.storage = storage
    self.kind = kind
    self.requiresGrad = requiresGrad
  }

  /// The number of elements.
  public var count: Int { byteCount / scalarType.byteCount }

  /// The bytes of all elements.
  public var byteCount: Int { storage.byteCount }

  /// Whether the two are one parameter under two names.
  public func isTied(to other: Tensor) -> Bool {
    storage === other.storage && scalarType == other.scalarType && shape == other.shape
  }

  /// The bytes that a contiguous tensor of this type and shape takes, with checked arithmetic.
  package static func byteCount(
    of scalarType: ScalarType, shape: [Int]
  ) throws(CheckpointError) -> Int {
    guard shape.allSatisfy({ $0 >= 0 }) else {
      throw CheckpointError(.inconsistentTensor, "shape \(shape) has a negative size")
    }
    if shape.contains(0) { return 0 }
    var byteCount = scalarType.byteCount
    for size in shape {
      let (product, overflow) = byteCount.multipliedReportingOverflow(by: size)
      guard !overflow else {
        throw CheckpointError(.overflow, "shape \(shape) has more bytes than can be counted")
      }
      byteCount = product
    }
    return byteCount
  }
}
