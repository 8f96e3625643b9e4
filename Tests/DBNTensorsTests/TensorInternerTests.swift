import DBNTensors
import DBNTestSupport
import Testing

@Suite struct TensorInternerTests {
  @Test func `a tensor keeps the number that it has when it is first met`() throws {
    let tensors = try (0..<100).map { try Tensor.float32([Double($0)]) }
    var numbering = TensorInterner()
    for (number, tensor) in tensors.enumerated() {
      #expect(numbering.number(of: tensor) == nil)
      #expect(numbering.add(tensor) == nil)
      #expect(numbering.number(of: tensor) == number)
    }
    for (number, tensor) in tensors.enumerated() { #expect(numbering.add(tensor) == number) }
    let first = tensors[0]
    let flat = try Tensor(first.scalarType, shape: [], storage: first.storage)
    #expect(numbering.add(flat) == nil, "another shape is another tensor")
    #expect(numbering.tensors.count == 101)
  }
}
