/// What makes tensors one parameter under several names, as `Tensor.isTied` says.
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
