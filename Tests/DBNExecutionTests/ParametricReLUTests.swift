import DBNModels
import DBNTensors
import DBNTestSupport
import Testing

/// `torch.nn.functional.prelu`, by its definition: x where it is positive, else the weight times x.
struct ParametricReLUTests {
  private func output(_ shape: [Int], _ values: [Double], _ weight: [Double]) throws -> [Double] {
    let operands = [
      try DenseArray(shape: shape, values: values),
      try DenseArray(shape: [weight.count], values: weight),
    ]
    let outputs = try Operation.parametricReLU.outputs(of: operands)
    #expect(outputs.map(\.shape) == [shape])
    return outputs[0].values
  }

  @Test func oneSlopeIsForAll() throws {
    #expect(try output([4], [-2, 0, 3, -.infinity], [0.25]) == [-0.5, 0, 3, -.infinity])
    #expect(try output([1], [.nan], [0.25])[0].isNaN)
  }

  @Test func everyChannelHasItsOwn() throws {
    let values: [Double] = [-1, -2, -3, 4, 5, -6, -7, 8]
    #expect(try output([2, 2, 2], values, [0.5, 10]) == [-0.5, -1, -30, 4, 5, -3, -70, 8])
    #expect(try output([4, 2], values, [0.5, 10]) == [-0.5, -20, -1.5, 4, 5, -60, -3.5, 8])
  }

  @Test(arguments: [([4], [2]), ([2, 3, 4], [2]), ([2, 3], [3, 1])])
  func aWeightThatDoesNotFitIsAnError(input: [Int], weight: [Int]) {
    let error = #expect(throws: CheckpointError.self) {
      try Operation.parametricReLU.sized(for: [input, weight])
    }
    #expect(error?.code == .shapeMismatch)
  }
}
