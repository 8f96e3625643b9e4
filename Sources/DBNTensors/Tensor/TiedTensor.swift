/// The identity of a parameter: equal for tensors that are tied by `Tensor.isTied`.
package struct TiedTensor: Hashable {
  private let storage: ObjectIdentifier
  private let scalarType: ScalarType
  private let shape: [Int]

  package init(_ tensor: Tensor) {
    storage = ObjectIdentifier(tensor.storage)
    scalarType = tensor.scalarType
    shape = tensor.shape
  }
}
