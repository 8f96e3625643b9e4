/// A scalar type, a shape, and the contiguous (row-major) bytes of the elements.
///
/// Strides, byte order, conjugation and negation in the file are resolved before a tensor is made.
/// A 0-dim tensor has the shape `[]` and one element.
public struct Tensor: Sendable {
  /// The tensor's role in its module, if the file records it. A plain PyTorch state dict does not:
  /// `state_dict()` detaches parameters and buffers alike.
  public enum Kind: String, Sendable, Hashable {
    case tensor
    case parameter
    case buffer
  }

  // Ordered so that there is no padding: a checkpoint can have very many tensors.
  /// Sizes of the dimensions, the outermost first.
  public let shape: [Int]
  /// The bytes of the elements; shared by tied tensors.
  public let storage: TensorStorage
  /// The type of an element.
  public let scalarType: ScalarType
  /// The tensor's role in its module.
  public var kind: Kind
  /// Whether PyTorch computes gradients for it, if the file records it.
  public var requiresGrad: Bool

  /// - Throws: `inconsistentTensor` if the storage's size does not match the shape.
  public init(
    _ scalarType: ScalarType, shape: [Int], storage: TensorStorage, kind: Kind = .tensor,
    requiresGrad: Bool = false
  ) throws(CheckpointError) {
    let byteCount = try Tensor.byteCount(of: scalarType, shape: shape)
    guard byteCount == storage.byteCount else {
      throw CheckpointError(
        .inconsistentTensor,
        "\(scalarType.name) \(shape) needs \(byteCount) bytes, not \(storage.byteCount)")
    }
    self.scalarType = scalarType
    self.shape = shape
    self.storage = storage
    self.kind = kind
    self.requiresGrad = requiresGrad
  }

  /// The number of elements.
  public var count: Int { byteCount / scalarType.byteCount }

  /// The number of bytes of all elements.
  public var byteCount: Int { storage.byteCount }

  /// Whether the two are the same parameter under two names.
  public func isTied(to other: Tensor) -> Bool {
    storage === other.storage && scalarType == other.scalarType && shape == other.shape
  }

  /// The number of bytes of a contiguous tensor of this type and shape, with checked arithmetic.
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
        throw CheckpointError(.overflow, "a tensor of shape \(shape) is too large")
      }
      byteCount = product
    }
    return byteCount
  }
}
